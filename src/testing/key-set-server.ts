import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an issuer publishes. */
export interface Publication {
  readonly issuer: string;
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  /** How long the keys may be cached (RFC 9111 §5.2.2.1), in seconds. */
  readonly maxAgeSeconds: number;
}

const KEY_SET = '/.well-known/jwks.json';
const METADATA = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** Publishes the keys and the metadata of an issuer on a free port of this host. */
export class KeySetServer {
  /** The requested paths, in order, including those requested while the server was down. */
  readonly requests: string[] = [];
  /** While set, connections are closed without a response. */
  isDown = false;
  private readonly server: Server;

  /** @param published returns what to publish; called for each request */
  constructor(private readonly published: () => Publication) {
    this.server = createServer((request, response) => this.respond(request, response));
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  get url(): string {
    const address = this.server.address() as AddressInfo | null;
    if (!address) throw new Error('The issuer is not started');
    return `http://127.0.0.1:${address.port}`;
  }

  get jwksUri(): string {
    return this.url + KEY_SET;
  }

  private respond({ url = '', socket }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(url);
    if (this.isDown) return void socket.destroy();
    const { issuer, keys, maxAgeSeconds } = this.published();
    const found = url === KEY_SET ? { keys } : METADATA.includes(url) ? this.metadata(issuer) : undefined;
    response.writeHead(found ? 200 : 404, {
      'content-type': 'application/json',
      'cache-control': `public, max-age=${maxAgeSeconds}`,
    });
    response.end(JSON.stringify(found ?? { error: 'Not found', code: 'not_found' }));
  }

  private metadata(issuer: string): object {
    return { issuer, jwks_uri: this.jwksUri, response_types_supported: [] };
  }
}
