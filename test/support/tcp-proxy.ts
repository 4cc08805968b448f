import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between the service and a server, to simulate failures. */
export class TcpProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private port = 0;
  private silent = false;

  private constructor(private readonly target: URL) {
    this.server = createServer((client) => this.join(client));
  }

  /** @param url of the server, such as `postgres://user@host/database` */
  static async before(url: string, defaultPort: number): Promise<TcpProxy> {
    const target = new URL(url);
    if (target.port === '') target.port = String(defaultPort);
    const proxy = new TcpProxy(target);
    await proxy.restore();
    return proxy;
  }

  /** The URL of the server through this proxy. */
  get url(): string {
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(this.port) }).href;
  }

  /** Simulates a stopped server: connections end, and new ones are refused. */
  async cut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Simulates a failed network: connections stay open, but no data comes through. */
  silence(): void {
    this.silent = true;
  }

  /** Ends the failure; connections that were silent are closed, as by a server that has lost them. */
  async restore(): Promise<void> {
    this.silent = false;
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) return;
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    // It must not keep the process of a test running.
    this.server.unref();
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => {
        if (!this.silent) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
