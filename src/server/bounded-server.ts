import { type RequestListener, Server, type ServerOptions } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection } from './connection.js';

/** After this many checks in a row without progress, a connection is closed. */
const CHECKS_WITHOUT_PROGRESS = 30;

/** How often connections are checked while the server closes. */
const CLOSING_CHECK_INTERVAL_MS = 250;

/**
 * An HTTP server that bounds the requests in progress on one connection. Node reads up to 64 KiB of requests
 * at once, over a thousand small ones, and dispatches all of them before it sends the first response; when
 * the connection closes, it neither closes nor destroys the responses that wait behind the first.
 */
export class BoundedServer extends Server {
  /**
   * The most requests in progress on one connection: from the parsed head until the response is handed to the
   * socket.
   */
  maxRequestsInProgress = 16;

  /** How long a client may leave a response unread, in milliseconds. */
  unreadTimeout = 30_000;

  /**
   * {@link unreadTimeout} while the server closes, in milliseconds. It then applies to connections without a
   * request too.
   */
  closingUnreadTimeout = 2_000;

  /** How long after the call of {@link close} every remaining connection is closed, in milliseconds. */
  closingTimeout = 8_000;

  private readonly tracked = new Map<Socket, Connection>();
  private nextCheck: NodeJS.Timeout | undefined;
  private closingChecks: number | undefined;

  /** @param listener receives only the requests within the bound */
  constructor(options: ServerOptions, listener: RequestListener) {
    super(options, (request, response) => {
      if (this.admits(request, response)) listener(request, response);
    });
    this.on('connection', (socket: Socket) => this.track(socket));
    this.on('listening', () => this.scheduleCheck());
    this.on('close', () => clearTimeout(this.nextCheck));
  }

  /** Stops listening. Clients that do not read a response or do not finish a request cannot delay this. */
  override close(callback?: (error?: Error) => void): this {
    if (this.listening) {
      this.closingChecks = 0;
      this.scheduleCheck();
    }
    return super.close(callback);
  }

  /**
   * Closes the connections that wait for a request. Node also counts a connection as idle if its response is
   * ended but not read yet (`ServerResponse.finished`), and would truncate that response.
   */
  override closeIdleConnections(): void {
    const unread = [...this.tracked].filter(([, connection]) => connection.inProgress() > 0);
    for (const [socket] of unread) socket.destroy = () => socket;
    super.closeIdleConnections();
    for (const [socket] of unread) Reflect.deleteProperty(socket, 'destroy');
  }

  private track(socket: Socket): void {
    const connection = new Connection(socket);
    this.tracked.set(socket, connection);
    socket.on('close', () => {
      this.tracked.delete(socket);
      connection.abandonResponses();
    });
  }

  private admits({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.tracked.get(socket);
    // Node had already read this request when an earlier one closed the connection.
    if (!connection || !socket.writable) return false;
    if (connection.inProgress() >= this.maxRequestsInProgress) {
      connection.destroy();
      return false;
    }
    connection.begin(response);
    return true;
  }

  private scheduleCheck(): void {
    clearTimeout(this.nextCheck);
    const interval =
      this.closingChecks === undefined
        ? this.unreadTimeout / CHECKS_WITHOUT_PROGRESS
        : CLOSING_CHECK_INTERVAL_MS;
    this.nextCheck = setTimeout(() => this.checkConnections(), interval);
    // While the server closes, the remaining connections keep the process alive.
    this.nextCheck.unref();
  }

  private checkConnections(): void {
    const isClosing = this.closingChecks !== undefined;
    if (this.closingChecks !== undefined) this.closingChecks++;
    const elapsed = (this.closingChecks ?? 0) * CLOSING_CHECK_INTERVAL_MS;
    const limit = isClosing ? this.closingUnreadTimeout / CLOSING_CHECK_INTERVAL_MS : CHECKS_WITHOUT_PROGRESS;
    for (const connection of this.tracked.values()) {
      if (elapsed >= this.closingTimeout || connection.checksWithoutProgress(isClosing) >= limit) {
        connection.destroy();
      }
    }
    this.scheduleCheck();
  }
}
