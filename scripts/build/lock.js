// Lets one build at a time run in a checkout.
import { closeSync, openSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The holder renews the lock this often, in milliseconds. */
const RENEWAL = 1_000;

/**
 * A lock that was not renewed for this long, in milliseconds, is left over from a process that was killed.
 */
const STALE = 15_000;

const POLL = 100;

function acquire(path) {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function ageOf(path) {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
}

/**
 * Waits for the lock and takes it. If two processes replace the same stale lock, both build, which is
 * wasteful but safe: every file of a build is put in place by a rename.
 *
 * @returns the function that releases the lock
 */
export async function lock(path) {
  while (!acquire(path)) {
    if (ageOf(path) > STALE) rmSync(path, { force: true });
    else await delay(POLL);
  }
  const renewal = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // The lock was removed by hand. The build continues as if it still existed.
    }
  }, RENEWAL);
  renewal.unref();
  return () => {
    clearInterval(renewal);
    rmSync(path, { force: true });
  };
}
