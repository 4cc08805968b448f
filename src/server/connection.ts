import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node knows of a socket's pending write: a single one may hold megabytes, of which its stream sees all or nothing. */
interface Handle {
  /** Bytes that the operating system has not taken yet. */
  readonly writeQueueSize?: number;
}

/** One connection of a {@link BoundedServer}: its requests in progress, and whether its client reads. */
export class Connection {
  /**
   * In the order of the requests, which is that in which they finish. Finished ones are dropped when somebody looks: an
   * event listener for each would cost more than all the rest.
   */
  private readonly open: ServerResponse[] = [];
  private looks = 0;
  private queued = 0;
  private bytesRead = 0;

  constructor(private readonly socket: Socket) {}

  /** How many responses are not finished, that is, not handed to the operating system up to their last byte. */
  inProgress(): number {
    while (this.open[0]?.writableFinished === true) {
      this.open.shift();
      this.looks = 0;
    }
    return this.open.length;
  }

  begin(response: ServerResponse): void {
    this.open.push(response);
  }

  /** Ends the connection at once: nothing more is read from it or written to it. */
  destroy(): void {
    this.socket.destroy();
    this.abandonResponses();
  }

  /**
   * Destroys the responses in progress, so that what they hold is freed: Node closes the one that has the socket, and
   * forgets those that wait behind it. A route that waits or streams ends by the `close` of its response.
   */
  abandonResponses(): void {
    for (const response of this.open) {
      const hasSocket = response.socket !== null;
      response.destroy();
      if (!hasSocket) process.nextTick(close, response);
    }
    this.open.length = 0;
  }

  /**
   * Counts how often this was called in a row without any progress of a client that the connection waits for.
   *
   * @param closing whether a connection also counts as waiting for its client if no route works for it
   */
  looksWithoutProgress(closing: boolean): number {
    const { socket } = this;
    this.inProgress();
    const isUnread = socket.writableLength > 0;
    const queued = handleOf(socket)?.writeQueueSize ?? socket.writableLength;
    const progressed = queued < this.queued || (!isUnread && socket.bytesRead > this.bytesRead);
    this.queued = queued;
    this.bytesRead = socket.bytesRead;
    const isWaiting = isUnread || (closing && !this.hasWork());
    this.looks = progressed || !isWaiting ? 0 : this.looks + 1;
    return this.looks;
  }

  /** Whether a route has a whole request and has not responded to it. */
  private hasWork(): boolean {
    return this.open.some(({ writableEnded, req }) => !writableEnded && req.complete);
  }
}

/** What `destroy` does by itself since Node 24. Without the mark, a stream that is sent later is never destroyed. */
function close(response: ServerResponse & { _closed?: boolean }): void {
  if (response._closed) return;
  response._closed = true;
  response.emit('close');
}

/** It has no public name, and has been there since Node 0.12; without it, progress is that of whole writes. */
const handleOf = (socket: Socket): Handle | null | undefined =>
  (socket as Socket & { readonly _handle?: Handle | null })._handle;
