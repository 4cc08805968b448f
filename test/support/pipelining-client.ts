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

const END_OF_HEAD = '\r\n\r\n';

const MOST_KEPT = 2_000_000;

/** A client that sends requests without waiting for responses, and reads none until `read`. */
export class PipeliningClient {
  /** The beginning of the responses, once it reads. */
  text = '';
  /** How many bytes it has read. */
  length = 0;
  /** How many responses it has read completely. One without `Content-Length` never counts as complete. */
  responses = 0;
  isClosed = false;

  /** The part read so far of a head that is not complete. */
  private head = '';
  /** How much of the body is not read yet, in bytes. */
  private bodyLeft = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly responsesHaveBodies: boolean,
  ) {
    socket.pause();
    socket.setEncoding('latin1');
    // The server closes the connection while the client sends.
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
  }

  /** @param bytes requests; if the first is a `HEAD`, all that are sent are */
  static async start(origin: string, bytes: string): Promise<PipeliningClient> {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    const client = new PipeliningClient(socket, !bytes.startsWith('HEAD '));
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
    let rest = text;
    while (rest !== '') rest = this.bodyLeft > 0 ? this.takeBody(rest) : this.takeHead(rest);
  }

  /** @returns what follows the head */
  private takeHead(text: string): string {
    this.head += text;
    const end = this.head.indexOf(END_OF_HEAD);
    if (end < 0) return '';
    const rest = this.head.slice(end + END_OF_HEAD.length);
    this.bodyLeft = this.responsesHaveBodies ? bodyLength(this.head.slice(0, end)) : 0;
    this.head = '';
    if (this.bodyLeft === 0) this.responses++;
    return rest;
  }

  /** @returns what follows the body */
  private takeBody(text: string): string {
    const taken = Math.min(text.length, this.bodyLeft);
    this.bodyLeft -= taken;
    if (this.bodyLeft === 0) this.responses++;
    return text.slice(taken);
  }
}

const bodyLength = (head: string): number =>
  Number(/^content-length: (\d+)\r?$/im.exec(head)?.[1] ?? Infinity);
