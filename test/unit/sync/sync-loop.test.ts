import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SyncLoop, type Syncable } from '../../../src/sync/sync-loop.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

const INTERVAL = 1_000;

/** A part that counts its syncs. */
class Followed implements Syncable {
  syncs = 0;
  unavailable = false;
  /** If set, each sync fails with this error. */
  failure: Error | undefined;
  /** Called on each sync. */
  onSync = (): void => {};

  sync(): Promise<void> {
    this.syncs++;
    this.onSync();
    if (this.failure) return Promise.reject(this.failure);
    return this.unavailable
      ? Promise.reject(new StoreUnavailable(`unavailable ${this.syncs}`))
      : Promise.resolve();
  }
}

let clock: MovedClock;
let failures: unknown[];
let messages: (string | undefined)[];
let syncLoop: SyncLoop;
let part: Followed;

beforeEach(() => {
  jest.useFakeTimers();
  clock = new MovedClock();
  clock.set(NEW_YEAR);
  failures = [];
  messages = [];
  const error = ({ err }: { err: unknown }, message?: string): void => {
    failures.push(err);
    messages.push(message);
  };
  syncLoop = new SyncLoop(clock, { error });
  part = new Followed();
});
afterEach(() => {
  syncLoop.stop();
  jest.useRealTimers();
});

/** Starts the loop with these parts only. */
function start(...all: readonly Syncable[]): Promise<void> {
  for (const each of all) syncLoop.join(each);
  return syncLoop.start();
}

/** Runs the timers of this many intervals. */
async function pass(intervals: number): Promise<void> {
  for (let i = 0; i < intervals; i++) {
    clock.advance(INTERVAL / 1000);
    await jest.advanceTimersByTimeAsync(INTERVAL);
  }
}

describe('SyncLoop', () => {
  it.each([
    [new StoreUnavailable('unavailable'), 'the database does not respond'],
    [new Error('key-1 does not decrypt'), 'synchronization with the database failed'],
  ])('logs a failure once: %s', async (failure, message) => {
    await start(part);
    part.failure = failure;
    await pass(3);
    expect([failures, messages]).toEqual([[failure], [message]]);
  });

  it('logs an outage that follows another failure', async () => {
    await start(part);
    part.failure = new Error('key-1 does not decrypt');
    await pass(2);
    part.failure = new StoreUnavailable('unavailable');
    await pass(2);
    expect(messages).toEqual(['synchronization with the database failed', 'the database does not respond']);
  });

  it('syncs every part once before it has started, in the order of joining', async () => {
    const order: string[] = [];
    const [first, second] = [new Followed(), new Followed()];
    first.onSync = () => order.push('first');
    second.onSync = () => order.push('second');
    await start(first, second);
    expect(order).toEqual(['first', 'second']);
  });

  it('syncs the parts in the order of their numbers, and those without a number last', async () => {
    const order: (number | undefined)[] = [];
    for (const number of [20, undefined, 30, 10]) {
      const each = new Followed();
      each.onSync = () => order.push(number);
      syncLoop.join(each, number);
    }
    await syncLoop.start();
    expect(order).toEqual([10, 20, 30, undefined]);
  });

  it('syncs again every second', async () => {
    await start(part);
    await pass(3);
    expect(part.syncs).toBe(4);
  });

  it('does not start, and does not sync again, if the first sync fails', async () => {
    part.unavailable = true;
    await expect(start(part)).rejects.toMatchObject({ cause: 'unavailable 1' });
    await pass(3);
    expect(part.syncs).toBe(1);
    expect(failures).toEqual([]);
  });

  it('returns the age of its state by the clock', async () => {
    await start(part);
    expect(syncLoop.ageSeconds).toBe(0);
    clock.advance(0.25);
    expect(syncLoop.ageSeconds).toBe(0.25);
    await pass(1);
    expect(syncLoop.ageSeconds).toBe(0);
  });

  it('counts the age from the start of a sync, not from its end', async () => {
    part.onSync = () => clock.advance(7);
    await start(part);
    expect(syncLoop.ageSeconds).toBe(7);
  });

  it('returns the age 0 if the clock was set back', async () => {
    await start(part);
    clock.set(NEW_YEAR - 3600);
    expect(syncLoop.ageSeconds).toBe(0);
  });

  it('lets the age grow while a part is unavailable, and reports the failure once', async () => {
    await start(part);
    part.unavailable = true;
    await pass(60);
    expect(syncLoop.ageSeconds).toBe(60);
    expect(failures).toEqual([expect.objectContaining({ cause: 'unavailable 2' })]);
    expect(part.syncs).toBe(61);
  });

  it('recovers by itself, and reports the next outage again', async () => {
    await start(part);
    for (let outage = 1; outage <= 3; outage++) {
      part.unavailable = true;
      await pass(5);
      part.unavailable = false;
      await pass(1);
      expect(syncLoop.ageSeconds).toBe(0);
      expect(failures).toHaveLength(outage);
    }
  });

  it('does not reset the age if only one part succeeds', async () => {
    const other = new Followed();
    await start(part, other);
    other.unavailable = true;
    await pass(2);
    expect(syncLoop.ageSeconds).toBe(2);
    other.unavailable = false;
    part.unavailable = true;
    await pass(2);
    expect(syncLoop.ageSeconds).toBe(4);
    expect(other.syncs).toBe(3);
  });

  it('starts no sync before the previous one has ended', async () => {
    let finish = (): void => {};
    await start(part);
    const slow = { sync: () => new Promise<void>((resolve) => (finish = resolve)) };
    const syncs = jest.spyOn(part, 'sync').mockImplementation(slow.sync);
    await pass(5);
    expect(syncs).toHaveBeenCalledTimes(1);
    finish();
    await pass(1);
    expect(syncs).toHaveBeenCalledTimes(2);
  });

  it.each([1, 2])('does not sync again after it is stopped (calls of stop: %d)', async (times) => {
    await start(part);
    for (let i = 0; i < times; i++) syncLoop.stop();
    await pass(5);
    expect(part.syncs).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not sync again if it is stopped during a sync', async () => {
    await start(part);
    part.onSync = () => syncLoop.stop();
    await pass(5);
    expect(part.syncs).toBe(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not keep the process running', async () => {
    jest.useRealTimers();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    await start(part);
    const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timer?.hasRef()).toBe(false);
  });
});

describe('SyncLoop with a part that fails', () => {
  let keys: Followed;
  let revocations: Followed;
  beforeEach(() => {
    [keys, revocations] = [new Followed(), new Followed()];
  });

  it('syncs the other parts if only this one fails, but does not reset the age', async () => {
    await start(keys, revocations);
    keys.failure = new Error('a key that does not open');
    await pass(3);
    expect(revocations.syncs).toBe(4);
    expect(syncLoop.ageSeconds).toBe(3);
    expect(failures).toEqual([keys.failure]);
  });

  it('skips the other parts if the database is unavailable', async () => {
    await start(keys, revocations);
    keys.failure = new StoreUnavailable('unavailable');
    await pass(3);
    expect(revocations.syncs).toBe(1);
  });

  it('does not start, and rejects with its error', async () => {
    keys.failure = new Error('a key that does not open');
    await expect(start(keys, revocations)).rejects.toBe(keys.failure);
  });
});
