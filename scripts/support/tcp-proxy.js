// Stands between a service and a server, and can take the server away.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class TcpProxy {
  #port;
  #sockets = new Set();
  #server = createServer((client) => this.#join(client));

  /** @param port of the server, on this machine */
  constructor(port) {
    this.#port = port;
  }

  /** Starts, or brings the server back. */
  async open() {
    this.#server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
    // Who forgets it does not run forever.
    this.#server.unref();
    this.port = this.#server.address().port;
  }

  /** As when the server stops: connections end, and new ones are refused. */
  async cut() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client) {
    const server = connect(this.#port, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
