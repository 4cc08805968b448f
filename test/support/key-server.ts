import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the server received. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Sends a response. */
export type Respond = (response: ServerResponse, request: ReceivedRequest) => void;

/** How a server is reached. */
export interface KeyServerOptions {
  /** An IP address of this machine. */
  readonly host?: string;
  /** Paths of PEM files; without them, the server speaks plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A server of documents that behaves as the test says, correctly or not. */
export class KeyServer {
  readonly requests: ReceivedRequest[] = [];
  /** How many connections were opened. */
  connections = 0;
  /** The most requests that waited for their response at the same time. */
  mostWaiting = 0;
  private waiting = 0;
  /** The documents, by path. */
  readonly routes = new Map<string, Respond>();

  private constructor(
    private readonly server: Server,
    private readonly host: string,
    private readonly scheme: string,
  ) {
    server.on('connection', () => (this.connections += 1));
  }

  static async start({ host = '127.0.0.1', tls }: KeyServerOptions = {}): Promise<KeyServer> {
    const listener: RequestListener = ({ url = '', headers }, response) => {
      const request = { path: url, headers };
      started.requests.push(request);
      started.waiting += 1;
      started.mostWaiting = Math.max(started.mostWaiting, started.waiting);
      response.once('close', () => (started.waiting -= 1));
      const respond = started.routes.get(url);
      if (respond) respond(response, request);
      else response.writeHead(404).end();
    };
    const server = tls
      ? createTlsServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, listener)
      : createServer(listener);
    const started = new KeyServer(server, host, tls ? 'https' : 'http');
    server.listen(0, host);
    await once(server, 'listening');
    return started;
  }

  /** @param host a name of the same server; its IP address by default */
  url(path = '', host = this.host): string {
    return `${this.scheme}://${host}:${(this.server.address() as AddressInfo).port}${path}`;
  }

  get paths(): readonly string[] {
    return this.requests.map(({ path }) => path);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

/** Responds with JSON. */
export function document(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Respond {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Responds with a redirect. */
export function redirect(location: string, status = 302): Respond {
  return (response) => void response.writeHead(status, { location }).end();
}
