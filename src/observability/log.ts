import type { LoggerService } from '@nestjs/common';
import { destination, type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import { redactSecrets } from '../encoding/redact-secrets.js';
import { LogBatch } from './log-batch.js';

/** How many characters of the log may wait for a reader that has stopped; later lines are lost. */
const MAX_WAITING = 16 * 1024 * 1024;

/**
 * Makes the log of the process: JSON lines, never with a header or a body.
 *
 * @param level a level of pino, or `silent`
 * @param stream the output; by default standard output, buffered for up to 100 ms so that a request does not
 *   wait for the terminal or the disk
 */
export function createLog(level: string, stream?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      serializers: {
        err: (cause: unknown) => {
          // A thrown value need not be an error; of anything else the log names only the type.
          const error = cause instanceof Error ? cause : new Error(`thrown: ${typeof cause}`);
          const { type, message, stack } = stdSerializers.err(error);
          return { type, message: redactSecrets(message), stack: redactSecrets(stack) };
        },
      },
    },
    stream ?? standardOutput(),
  );
}

function standardOutput(): DestinationStream {
  const lines = new LogBatch(
    destination({ dest: 1, sync: false, minLength: 16_000, maxLength: MAX_WAITING, periodicFlush: 100 }),
  );
  // Runs before pino's own listener, which flushes the buffer.
  process.prependListener('exit', () => lines.handOver());
  return lines;
}

/**
 * A logger with which Nest writes to the log of the process. Its start-up lines (modules, routes) get the
 * level debug.
 */
export function nestLog(log: Logger): LoggerService {
  const writeAs =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      if (message instanceof Error) log[level]({ err: message, context }, redactSecrets(message.message));
      else log[level]({ context }, redactSecrets(String(message)));
    };
  return {
    log: writeAs('debug'),
    debug: writeAs('debug'),
    verbose: writeAs('debug'),
    warn: writeAs('warn'),
    error: writeAs('error'),
    fatal: writeAs('fatal'),
  };
}
