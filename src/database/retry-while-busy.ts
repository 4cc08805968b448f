import { setTimeout as delay } from 'node:timers/promises';
import { exponentialBackOff } from '../concurrency/exponential-back-off.js';

/** How many times the file may be found busy; with the pauses between, about five seconds. */
const MAX_ATTEMPTS = 40;
const PAUSE_MS = { first: 10, longest: 200 };

/**
 * Retries an SQLite transaction while another process holds the file. Waiting inside the driver would block
 * every request of this process. The last error is rethrown.
 */
export async function retryWhileBusy<R>(
  act: () => Promise<R>,
  pause: (milliseconds: number) => Promise<void> = delay,
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isBusy(error)) throw error;
      await pause(Math.random() * exponentialBackOff(attempt, PAUSE_MS));
    }
  }
}

/** Whether the error means that another connection holds the SQLite file. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_BUSY') || /database is locked/.test(error.message);
}
