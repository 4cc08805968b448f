import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SyncLoop, type Syncable } from '../../../src/sync/sync-loop.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { MovedClock } from '../../support/moved-clock.js';

/** Something that the loop synchronizes, how often, and why it fails. */
class Followed implements Syncable {
  syncs = 0;
  failure: Error | undefined;

  sync(): Promise<void> {
    this.syncs += 1;
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}

let clock: MovedClock;
let keys: Followed;
let revocations: Followed;
let reported: unknown[];
let syncLoop: SyncLoop;
beforeEach(() => {
  jest.useFakeTimers();
  clock = new MovedClock();
  [keys, revocations, reported] = [new Followed(), new Followed(), []];
  const error = ({ err }: { err: unknown }): void => void reported.push(err);
  syncLoop = new SyncLoop(clock, { error });
});
afterEach(() => {
  syncLoop.stop();
  jest.useRealTimers();
});

function start(...all: readonly Syncable[]): Promise<void> {
  for (const each of all) syncLoop.join(each);
  return syncLoop.start();
}

async function pass(seconds: number): Promise<void> {
  for (let count = 0; count < seconds; count += 1) {
    clock.advance(1);
    await jest.advanceTimersByTimeAsync(1_000);
  }
}

describe('SyncLoop', () => {
  it('continues if one part fails for a reason of its own, and does not count as fresh', async () => {
    await start(keys, revocations);
    keys.failure = new Error('a key that does not open');
    await pass(3);
    expect(revocations.syncs).toBe(4);
    expect(syncLoop.ageSeconds).toBe(3);
    expect(reported).toEqual([keys.failure]);
  });

  it('stops if the database is unavailable', async () => {
    await start(keys, revocations);
    keys.failure = new StoreUnavailable('away');
    await pass(3);
    expect(revocations.syncs).toBe(1);
  });

  it('does not start if one part fails', async () => {
    keys.failure = new Error('a key that does not open');
    await expect(start(keys, revocations)).rejects.toBe(keys.failure);
  });
});
