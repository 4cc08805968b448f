import type { Logger } from 'pino';

/** How long requests that are under way may take to end, in milliseconds. */
const DRAIN = 10_000;

/** How long the last lines of the log may take to be written, in milliseconds: whoever reads them may have stopped. */
const LAST_LINES = 1_000;

/** What tells a process to stop. */
export interface StopSources {
  /** Resolves once the last request is answered, and stops accepting connections before that. */
  readonly close: () => Promise<void>;
  readonly log: Logger;
  /** Whether another process started this one to share a port, and decides when it stops. */
  readonly isWorker?: boolean;
}

/** How Phusion Passenger says that a process is to stop: by this event of a global, and by no signal. */
interface Passenger {
  once(event: 'exit', listener: () => void): void;
}

/**
 * Ends the process when it is told to: the first signal lets requests that are under way be answered and exits 0,
 * a second one ends at once. An error that nobody caught is logged and ends it with 1, as its state is unknown.
 */
export function stopWhenTold({ close, log, isWorker = false }: StopSources): void {
  const exit = (code: number): void => {
    // process.exit() would wait for who reads the log, too.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINES);
    log.flush(() => process.exit(code));
  };
  let stopping = false;
  const stop = (signal: string): void => {
    // A signal to a whole group reaches a worker twice: from whoever sent it, and from the process that started it.
    if (stopping && isWorker) return;
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => exit(1), DRAIN).unref();
    close().then(
      () => exit(0),
      () => exit(1),
    );
  };
  process.on('SIGTERM', stop);
  // Ctrl+C reaches every process of a terminal: a worker waits for the word of the one that started it.
  process.on('SIGINT', isWorker ? () => {} : stop);
  if (isWorker) process.on('disconnect', () => stop('disconnect'));
  (globalThis as { PhusionPassenger?: Passenger }).PhusionPassenger?.once('exit', () => stop('Passenger'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught');
    exit(1);
  });
  process.on('unhandledRejection', (reason) => {
    log.fatal({ err: reason }, 'unhandled');
    exit(1);
  });
}
