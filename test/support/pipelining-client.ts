import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A request without a body, as sent on the wire. */
export function bytesOf(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
}

/** A `POST`, as sent on the wire. */
export function postBytes(
  path: string,
  body: string,
  headers = 'Content-Type: application/json\r\n',
): string {
  const length = Buffer.byteLength(body);
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`;
}

const STATUS_LINE = 'HTTP/1.1 ';

const MOST_KEPT = 2_000_000;

/** A client that sends requests without waiting for responses, and reads none until `read`. */
export class PipeliningClient {
  /** The beginning of the responses, once it reads. */
  text = '';
  /** How many bytes it has read. */
  length = 0;
  /** How many responses it has read, counted by their status lines. */
  responses = 0;
  isClosed = false;

  private tail = '';

  private constructor(private readonly socket: Socket) {
    socket.pause();
    socket.setEncoding('latin1');
    // The server closes the connection while the client sends.
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
  }

  static async start(origin: string, bytes: string): Promise<PipeliningClient> {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    const client = new PipeliningClient(socket);
    await once(socket, 'connect');
    socket.write(bytes, 'latin1');
    return client;
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  read(): this {
    this.socket.on('data', (text: string) => this.take(text)).resume();
    return this;
  }

  /** Reads at most this much. */
  readSome(characters: number): void {
    this.socket.read(Math.min(characters, this.socket.readableLength));
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.length += text.length;
    if (this.text.length < MOST_KEPT) this.text += text;
    const seen = this.tail + text;
    this.responses += seen.split(STATUS_LINE).length - 1;
    // One character less than the start of a status line, so that none is counted twice.
    this.tail = seen.slice(1 - STATUS_LINE.length);
  }
}
