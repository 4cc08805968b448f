import type { BearerAttempts } from './bearer-attempts.js';

/** Request or response metadata of `@grpc/grpc-js`. */
export interface GrpcMetadata {
  clone(): GrpcMetadata;
  set(key: string, value: string): void;
  getMap(): object;
  remove(key: string): void;
}

/** The end of a call. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: GrpcMetadata;
  /** Is copied to the error that the caller receives. */
  readonly cause?: unknown;
}

/** Receives the response of a call. */
export interface GrpcListener {
  onReceiveMetadata?(metadata: GrpcMetadata): void;
  onReceiveMessage?(message: unknown): void;
  onReceiveStatus?(status: GrpcStatus): void;
}

/** A call of `@grpc/grpc-js`, as interceptors pass it on. */
export interface GrpcCall {
  start(metadata: GrpcMetadata, listener?: GrpcListener): void;
  sendMessage(message: unknown): void;
  sendMessageWithContext(context: object, message: unknown): void;
  startRead(): void;
  halfClose(): void;
  cancelWithStatus(code: number, details: string): void;
  getPeer(): string;
  getAuthContext?(): unknown;
}

/** Status codes of gRPC. */
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/**
 * A call that starts once there is a token. A unary request whose response is the status UNAUTHENTICATED
 * alone is sent once more. After metadata or a message the caller has a part of the response.
 */
export class BearerCall implements GrpcCall {
  private metadata: GrpcMetadata | undefined;
  private listener: GrpcListener = {};
  private call: GrpcCall | undefined;
  /** Whether the call waits for a token: its first or its second one. */
  private isWaiting = true;
  /** What the caller did while the call waited, and as long as it may have to be repeated. */
  private operations: ((call: GrpcCall) => void)[] = [];
  /** Whether the end of a unary response without a message is not passed on yet. */
  private lacksMessage = false;
  private hasEnded = false;

  /**
   * @param next makes the call without a token
   * @param canRepeat whether the request is a single message
   */
  constructor(
    private readonly attempts: BearerAttempts,
    private readonly next: () => GrpcCall,
    private canRepeat: boolean,
  ) {}

  start(metadata: GrpcMetadata, listener: GrpcListener = {}): void {
    this.metadata = metadata;
    this.listener = listener;
    this.attempts.first().then(
      (token) => this.begin(metadata, token),
      (cause: unknown) => {
        const details = cause instanceof Error ? cause.message : 'No token';
        this.end({ code: UNAVAILABLE, details, metadata: emptied(metadata), cause });
      },
    );
  }

  sendMessage(message: unknown): void {
    this.perform((call) => call.sendMessage(message));
  }

  sendMessageWithContext(context: object, message: unknown): void {
    let unused: object = context;
    this.perform((call) => {
      call.sendMessageWithContext(unused, message);
      // It may hold a callback, which is called once.
      unused = {};
    });
  }

  startRead(): void {
    this.perform((call) => call.startRead());
  }

  halfClose(): void {
    this.perform((call) => call.halfClose());
  }

  cancelWithStatus(code: number, details: string): void {
    const { metadata } = this;
    if (!this.isWaiting) this.call?.cancelWithStatus(code, details);
    else if (metadata) queueMicrotask(() => this.end({ code, details, metadata: emptied(metadata) }));
  }

  getPeer(): string {
    return this.call?.getPeer() ?? 'unknown';
  }

  getAuthContext(): unknown {
    return this.call?.getAuthContext?.() ?? null;
  }

  private perform(operation: (call: GrpcCall) => void): void {
    if (this.isWaiting || this.canRepeat) this.operations.push(operation);
    if (!this.isWaiting && this.call) operation(this.call);
  }

  private begin(metadata: GrpcMetadata, token: string): void {
    if (this.hasEnded) return;
    const call = this.next();
    const withToken = metadata.clone();
    withToken.set('authorization', `Bearer ${token}`);
    this.call = call;
    this.isWaiting = false;
    this.lacksMessage = false;
    const operations = [...this.operations];
    if (!this.canRepeat) this.operations = [];
    call.start(withToken, {
      onReceiveMetadata: (received) => {
        this.keepResponse();
        this.listener.onReceiveMetadata?.(received);
      },
      onReceiveMessage: (message) => this.receive(message),
      onReceiveStatus: (status) => this.receiveStatus(metadata, status),
    });
    for (const operation of operations) operation(call);
  }

  /** A unary response without a message is passed on as `null` before its status. */
  private receive(message: unknown): void {
    if (message === null) {
      this.lacksMessage = true;
      return;
    }
    this.keepResponse();
    this.listener.onReceiveMessage?.(message);
  }

  private keepResponse(): void {
    this.canRepeat = false;
    this.operations = [];
  }

  private receiveStatus(metadata: GrpcMetadata, status: GrpcStatus): void {
    if (status.code !== UNAUTHENTICATED) {
      this.end(status);
      return;
    }
    const { canRepeat } = this;
    this.canRepeat = false;
    this.isWaiting = true;
    void this.attempts.refused(canRepeat).then((token) => {
      if (token === undefined) this.end(status);
      else this.begin(metadata, token);
    });
  }

  private end(status: GrpcStatus): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.operations = [];
    if (this.lacksMessage) this.listener.onReceiveMessage?.(null);
    this.listener.onReceiveStatus?.(status);
  }
}

/** Metadata of the same class without entries: this package does not import that class. */
function emptied(metadata: GrpcMetadata): GrpcMetadata {
  const empty = metadata.clone();
  for (const key of Object.keys(empty.getMap())) empty.remove(key);
  return empty;
}
