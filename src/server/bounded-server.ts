import { type RequestListener, Server, type ServerOptions } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection } from './connection.js';

/** How many times a connection is looked at before it counts as one whose client does not read. */
const LOOKS = 30;

/** How often connections are looked at while the server closes, in milliseconds. */
const CLOSING_LOOK_INTERVAL_MS = 250;

/**
 * An HTTP server that bounds what waits on one connection. Node reads up to 64 KiB of requests at once, over a thousand
 * small ones, and dispatches all of them before the first is answered; it neither closes nor destroys the responses that
 * stand behind the first one when their connection ends.
 */
export class BoundedServer extends Server {
  /** Requests of one connection in progress: from the parsed head until the response is handed to the socket. */
  maxRequestsInProgress = 16;

  /** How long a client may read nothing of a response that waits for it, in milliseconds. */
  unreadTimeout = 30_000;

  /** As {@link unreadTimeout}, while the server closes; a connection without any request ends by it, too. Milliseconds. */
  closingUnreadTimeout = 2_000;

  /** When every connection that is left is closed, counted from the call of {@link close}; milliseconds. */
  closingTimeout = 8_000;

  private readonly tracked = new Map<Socket, Connection>();
  private nextLook: NodeJS.Timeout | undefined;
  private closingLooks: number | undefined;

  /** @param listener is called for the requests within the bound alone */
  constructor(options: ServerOptions, listener: RequestListener) {
    super(options, (request, response) => {
      if (this.admits(request, response)) listener(request, response);
    });
    this.on('connection', (socket: Socket) => this.track(socket));
    this.on('listening', () => this.lookLater());
    this.on('close', () => clearTimeout(this.nextLook));
  }

  /** Stops listening. Clients that do not read, or do not finish a request, cannot hold this up. */
  override close(callback?: (error?: Error) => void): this {
    if (this.listening) {
      this.closingLooks = 0;
      this.lookLater();
    }
    return super.close(callback);
  }

  /**
   * Closes the connections that wait for a request. Node also takes a connection for idle whose response is ended but not
   * read yet (`ServerResponse.finished`), and would cut it off.
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
    // The rest of what was read together with the request that ended the connection.
    if (!connection || !socket.writable) return false;
    if (connection.inProgress() >= this.maxRequestsInProgress) {
      connection.destroy();
      return false;
    }
    connection.begin(response);
    return true;
  }

  private lookLater(): void {
    clearTimeout(this.nextLook);
    const interval = this.closingLooks === undefined ? this.unreadTimeout / LOOKS : CLOSING_LOOK_INTERVAL_MS;
    this.nextLook = setTimeout(() => this.look(), interval);
    // While the server closes, a connection that is left keeps the process alive.
    this.nextLook.unref();
  }

  private look(): void {
    const isClosing = this.closingLooks !== undefined;
    if (this.closingLooks !== undefined) this.closingLooks++;
    const elapsed = (this.closingLooks ?? 0) * CLOSING_LOOK_INTERVAL_MS;
    const most = isClosing ? this.closingUnreadTimeout / CLOSING_LOOK_INTERVAL_MS : LOOKS;
    for (const connection of this.tracked.values()) {
      if (elapsed >= this.closingTimeout || connection.looksWithoutProgress(isClosing) >= most) {
        connection.destroy();
      }
    }
    this.lookLater();
  }
}
