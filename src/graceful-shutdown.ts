import type { Logger } from 'pino';

/** How long requests in progress may take to finish once the process is stopping, in milliseconds. */
const DRAIN_MS = 10_000;

/** How long an unfinished start-up, such as a migration, may take to finish, in milliseconds. */
const START_UP_MS = 8_000;

/**
 * How long the last log lines may take to be written, in milliseconds: the reader of the log may have
 * stopped.
 */
const LAST_LINES_MS = 1_000;

/**
 * A signal that is repeated within this time, in milliseconds, counts as one: npm and the terminal both send
 * it.
 */
const SAME_SIGNAL_MS = 1_000;

/** What must close before the process exits. */
export interface Stoppable {
  readonly log: Logger;
  /** Stops accepting connections, and resolves once the last request has its response. */
  readonly close: () => Promise<void>;
}

/** Phusion Passenger stops a process by an event of a global object, not by a signal. */
interface Passenger {
  once(event: 'exit', listener: () => void): void;
}

const passenger = (globalThis as { PhusionPassenger?: Passenger }).PhusionPassenger;

/** Whether Phusion Passenger runs this process. */
export const IN_PASSENGER = passenger !== undefined;

/**
 * Ends the process on SIGTERM and SIGINT: the first signal lets requests in progress finish and exits with 0,
 * a second one exits immediately with 1. The handlers are installed before the service is loaded: without
 * them, the process of a container (PID 1) would ignore the signals.
 */
export class GracefulStop {
  private stoppable: Stoppable | undefined;
  private running = false;
  private stopping = false;
  private isSameSignal = false;

  /**
   * @param isWorker whether this process shares its port with others under a parent, which decides when it
   *   stops
   */
  constructor(private readonly isWorker: boolean) {
    process.on('SIGTERM', (signal) => this.stop(signal));
    // Ctrl+C reaches every process of a terminal: a worker ignores it and waits for its parent.
    process.on('SIGINT', isWorker ? () => {} : (signal) => this.stop(signal));
    if (isWorker) process.on('disconnect', () => this.stop('disconnect'));
    passenger?.once('exit', () => this.stop('Passenger'));
  }

  /** Whether the process is about to end. */
  get requested(): boolean {
    return this.stopping;
  }

  /**
   * From now on, a signal closes this before the process exits, and an uncaught error is logged and ends the
   * process with 1.
   */
  guard(stoppable: Stoppable): void {
    this.stoppable = stoppable;
    const fail = (error: unknown, message: string): void => {
      stoppable.log.fatal({ err: error }, message);
      this.exit(1);
    };
    process.on('uncaughtException', (error) => fail(error, 'uncaught'));
    process.on('unhandledRejection', (reason) => fail(reason, 'unhandled'));
  }

  /** Marks the end of the start-up: from now on there may be requests in progress. */
  started(): void {
    this.running = true;
  }

  /** Exits once the log is flushed, at the latest after {@link LAST_LINES_MS}. */
  exit(code: number): void {
    // process.exit() also waits for the reader of the log; only SIGKILL does not.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINES_MS);
    if (this.stoppable) this.stoppable.log.flush(() => process.exit(code));
    else process.exit(code);
  }

  private stop(signal: string): void {
    if (this.stopping) {
      // A worker receives the signal twice: with its process group, and from its parent.
      if (!this.isWorker && !this.isSameSignal) process.exit(1);
      return;
    }
    this.stopping = true;
    this.isSameSignal = true;
    setTimeout(() => (this.isSameSignal = false), SAME_SIGNAL_MS).unref();
    if (this.stoppable) this.close(this.stoppable, signal);
    // Nothing is open yet.
    else this.exit(0);
  }

  private close({ log, close }: Stoppable, signal: string): void {
    log.info({ signal }, 'stopping');
    if (this.running) setTimeout(() => this.exit(1), DRAIN_MS).unref();
    // An interrupted start-up is safe: a migration is a transaction or, on MySQL, can run again.
    else setTimeout(() => this.exit(0), START_UP_MS).unref();
    close().then(
      () => this.exit(0),
      () => this.exit(1),
    );
  }
}
