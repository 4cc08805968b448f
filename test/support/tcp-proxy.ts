import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy between the service and a server that can fail. */
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

  /** The address of the server, by way of this. */
  get url(): string {
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(this.port) }).href;
  }

  /** As when the server stops: connections end, and new ones are refused. */
  async cut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** As when a network fails: connections stay, and nothing comes through. */
  silence(): void {
    this.silent = true;
  }

  /** Brings it back; connections that were silent before end, as they would on a server that forgot them. */
  async restore(): Promise<void> {
    this.silent = false;
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) return;
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    // A test that forgets it still ends.
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
