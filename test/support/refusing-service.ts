import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a service received. */
export interface ReceivedRequest {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A service over real HTTP that refuses some tokens with 401, and responds with what it received. */
export class RefusingService {
  readonly received: ReceivedRequest[] = [];
  /** The tokens that it refuses, or all. */
  refused: readonly string[] | 'all' = [];
  refusal = 'expired';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RefusingService> {
    const server = createServer();
    const service = new RefusingService(server);
    server.on('request', (request, response) => void service.respond(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return service;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get tokens(): readonly (string | undefined)[] {
    return this.received.map(({ token }) => token);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { url, headers } = request;
    const token = headers.authorization?.replace(/^Bearer /, '');
    this.received.push({ url, token, headers, body: Buffer.concat(chunks).toString() });
    const target = new URL(url ?? '/', this.origin).searchParams.get('redirect');
    if (target !== null) {
      response.writeHead(302, { location: target }).end();
    } else if (this.refused === 'all' || this.refused.some((each) => each === token)) {
      response.writeHead(401, { 'content-type': 'text/plain' }).end(this.refusal);
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
    }
  }
}
