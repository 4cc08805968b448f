import type { BearerAttempts } from './bearer-attempts.js';

/** Controls a response of undici 7 and later. */
export interface Controller {
  readonly aborted: boolean;
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Receives a response of undici 7 and later. */
export interface Handler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: unknown, socket: unknown): void;
  onResponseStart?(controller: Controller, status: number, headers: unknown, message?: string): void;
  onResponseData?(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd?(controller: Controller, trailers: unknown): void;
  onResponseError?(controller: Controller | null, error: Error): void;
}

/** The most bytes that are read of a response that is not passed on, so that its connection can be reused. */
const MAX_DISCARDED_BYTES = 64 * 1024;

/**
 * Passes a response on, unless it is a 401 and another token may help: then the request is repeated. While
 * that is being decided, the response waits.
 */
export class UndiciHandler implements Handler {
  private state: 'passing' | 'waiting' | 'discarding' | 'failed' = 'passing';
  /** What arrived while the response waits. */
  private held: (() => void)[] = [];
  private hasEnded = false;
  private discardedBytes = 0;
  /** Is called at the end of a refusal that is not passed on. */
  private discarded: () => void = () => undefined;
  private readonly tooLong = new Error('The refusal of the service is too long to read');

  /**
   * @param repeat sends the request again; `undefined` if it cannot be sent again
   */
  constructor(
    private readonly attempts: BearerAttempts,
    private readonly handler: Handler,
    private readonly repeat: ((token: string) => void) | undefined,
  ) {}

  onRequestStart(controller: Controller, context: unknown): void {
    this.handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(controller: Controller, status: number, headers: unknown, socket: unknown): void {
    this.handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: Controller, status: number, headers: unknown, message?: string): void {
    const another = status === 401 ? this.attempts.refused(this.repeat !== undefined) : undefined;
    if (another && this.repeat) {
      this.state = 'waiting';
      controller.pause();
      void this.decide(controller, another, this.repeat);
    }
    this.pass(() => {
      this.handler.onResponseStart?.(controller, status, headers, message);
    });
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    this.pass(() => {
      this.handler.onResponseData?.(controller, chunk);
    });
    if (this.state !== 'discarding') return;
    this.discardedBytes += chunk.byteLength;
    if (this.discardedBytes > MAX_DISCARDED_BYTES) controller.abort(this.tooLong);
  }

  onResponseEnd(controller: Controller, trailers: unknown): void {
    this.hasEnded = true;
    this.pass(() => {
      this.handler.onResponseEnd?.(controller, trailers);
    });
    if (this.state === 'discarding') this.discarded();
  }

  onResponseError(controller: Controller | null, error: Error): void {
    // Unless the caller aborted the request, the service closed the connection before the end of its refusal.
    const isOfRefusal = error === this.tooLong || controller?.aborted === false;
    if (this.state === 'discarding' && isOfRefusal) {
      this.discarded();
      return;
    }
    this.state = 'failed';
    this.handler.onResponseError?.(controller, error);
  }

  private pass(event: () => void): void {
    if (this.state === 'passing') event();
    else if (this.state === 'waiting') this.held.push(event);
  }

  private async decide(
    controller: Controller,
    another: Promise<string | undefined>,
    repeat: (token: string) => void,
  ): Promise<void> {
    const token = await another;
    if (this.state === 'failed') return;
    try {
      if (token === undefined) this.release(controller);
      else this.discard(controller, () => repeat(token));
    } catch (cause) {
      // undici catches what a handler of the caller throws only while it calls it.
      this.fail(controller, cause);
    }
  }

  private fail(controller: Controller, cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error('The response could not be handled');
    this.state = 'failed';
    controller.abort(error);
    this.handler.onResponseError?.(controller, error);
  }

  /** Passes on what waited. Resumes first: the handler may pause the response when it starts. */
  private release(controller: Controller): void {
    if (!this.hasEnded) controller.resume();
    this.state = 'passing';
    for (const event of this.held.splice(0)) event();
  }

  private discard(controller: Controller, then: () => void): void {
    this.held = [];
    this.state = 'discarding';
    this.discarded = then;
    if (this.hasEnded) then();
    else controller.resume();
  }
}
