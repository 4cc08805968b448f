import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Node's handle of a socket. It shows the progress of a single write, which may hold megabytes; the stream of
 * the socket counts a write only as a whole.
 */
interface Handle {
  /** Bytes that the operating system has not taken yet. */
  readonly writeQueueSize?: number;
}

/** One connection of a {@link BoundedServer}: its requests in progress, and whether its client reads. */
export class Connection {
  /**
   * The responses in progress, in the order of their requests, in which they also finish. Finished ones are
   * removed when the list is read: an event listener for each would cost more than the rest of this class.
   */
  private readonly open: ServerResponse[] = [];
  private checks = 0;
  private queued = 0;
  private bytesRead = 0;

  constructor(private readonly socket: Socket) {}

  /** @returns how many responses are not yet handed to the operating system up to the last byte */
  inProgress(): number {
    while (this.open[0]?.writableFinished === true) {
      this.open.shift();
      this.checks = 0;
    }
    return this.open.length;
  }

  begin(response: ServerResponse): void {
    this.open.push(response);
  }

  /** Closes the connection at once: nothing more is read from it or written to it. */
  destroy(): void {
    this.socket.destroy();
    this.abandonResponses();
  }

  /**
   * Destroys the responses in progress, which frees what they hold. Node closes only the one that has the
   * socket, not those that wait behind it, and a route that waits or streams ends by the `close` event of its
   * response.
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
   * @returns how many calls in a row found no progress by a client that the connection waits for
   *
   * @param closing whether a connection on which no route is at work also counts as waiting for its client
   */
  checksWithoutProgress(closing: boolean): number {
    const { socket } = this;
    this.inProgress();
    const isUnread = socket.writableLength > 0;
    const queued = handleOf(socket)?.writeQueueSize ?? socket.writableLength;
    const progressed = queued < this.queued || (!isUnread && socket.bytesRead > this.bytesRead);
    this.queued = queued;
    this.bytesRead = socket.bytesRead;
    const isWaiting = isUnread || (closing && !this.hasWork());
    this.checks = progressed || !isWaiting ? 0 : this.checks + 1;
    return this.checks;
  }

  /** Whether a route has a whole request and has not responded to it. */
  private hasWork(): boolean {
    return this.open.some(({ writableEnded, req }) => !writableEnded && req.complete);
  }
}

/**
 * Emits `close`, as `destroy` itself does since Node 24. Without the flag, a stream that is sent later would
 * never be destroyed.
 */
function close(response: ServerResponse & { _closed?: boolean }): void {
  if (response._closed) return;
  response._closed = true;
  response.emit('close');
}

/**
 * Reads a property that is not public but has existed since Node 0.12. Without it, only whole writes count as
 * progress.
 */
const handleOf = (socket: Socket): Handle | null | undefined =>
  (socket as Socket & { readonly _handle?: Handle | null })._handle;
