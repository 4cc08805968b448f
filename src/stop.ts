import type { Logger } from 'pino';

/** How long requests that are under way may take to end, in milliseconds. */
const DRAIN = 10_000;

/**
 * Ends the process when it is told to: the first signal lets requests that are under way be answered and exits 0,
 * a second one ends at once. An error that nobody caught is logged and ends it with 1, as its state is unknown.
 *
 * @param close stops accepting connections and resolves once the last request is answered
 */
export function stopOnSignals(close: () => Promise<void>, log: Logger): void {
  const exit = (code: number): void => log.flush(() => process.exit(code));
  let stopping = false;
  const stop = (signal: string): void => {
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
  process.on('SIGINT', stop);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught');
    exit(1);
  });
  process.on('unhandledRejection', (reason) => {
    log.fatal({ err: reason }, 'unhandled');
    exit(1);
  });
}
