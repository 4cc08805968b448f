import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends the rest of a request byte by byte and never ends, whatever the response. */
export class SlowClient {
  /** The response. */
  answer = '';
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.answer += text));
    // The server closes the connection while the client sends.
    socket.on('error', () => {});
    this.timer = setInterval(() => socket.write('a'), 100);
    socket.on('close', () => clearInterval(this.timer));
  }

  /** @param begin what it sends first */
  static async start(origin: string, begin: string): Promise<SlowClient> {
    const { hostname, port } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write(begin);
    return new SlowClient(socket);
  }

  get isEnded(): boolean {
    return this.socket.destroyed;
  }

  give(): void {
    this.socket.destroy();
  }
}
