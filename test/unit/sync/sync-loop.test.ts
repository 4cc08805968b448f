import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SyncLoop, type Syncable } from '../../../src/sync/sync-loop.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

const INTERVAL = 1_000;

/** Something that is followed, and how often it was asked. */
class Followed implements Syncable {
  asked = 0;
  away = false;
  /** Called when it is asked. */
  whenAsked = (): void => {};

  sync(): Promise<void> {
    this.asked++;
    this.whenAsked();
    return this.away ? Promise.reject(new StoreUnavailable(`away ${this.asked}`)) : Promise.resolve();
  }
}

let clock: MovedClock;
let failures: unknown[];
let syncLoop: SyncLoop;
let followed: Followed;

beforeEach(() => {
  jest.useFakeTimers();
  clock = new MovedClock();
  clock.set(NEW_YEAR);
  failures = [];
  const error = ({ err }: { err: unknown }): void => void failures.push(err);
  syncLoop = new SyncLoop(clock, { error });
  followed = new Followed();
});
afterEach(() => {
  syncLoop.stop();
  jest.useRealTimers();
});

/** Starts with these alone. */
function start(...all: readonly Syncable[]): Promise<void> {
  for (const each of all) syncLoop.join(each);
  return syncLoop.start();
}

/** Lets the timers go off for so many intervals. */
async function pass(intervals: number): Promise<void> {
  for (let i = 0; i < intervals; i++) {
    clock.advance(INTERVAL / 1000);
    await jest.advanceTimersByTimeAsync(INTERVAL);
  }
}

describe('SyncLoop', () => {
  it('synchronizes everything once before it has started, in the order of joining', async () => {
    const order: string[] = [];
    const [first, second] = [new Followed(), new Followed()];
    first.whenAsked = () => order.push('first');
    second.whenAsked = () => order.push('second');
    await start(first, second);
    expect(order).toEqual(['first', 'second']);
  });

  it('synchronizes by the numbers given, whatever the order of joining, and the rest last', async () => {
    const order: (number | undefined)[] = [];
    for (const number of [20, undefined, 30, 10]) {
      const each = new Followed();
      each.whenAsked = () => order.push(number);
      syncLoop.join(each, number);
    }
    await syncLoop.start();
    expect(order).toEqual([10, 20, 30, undefined]);
  });

  it('asks again every second', async () => {
    await start(followed);
    await pass(3);
    expect(followed.asked).toBe(4);
  });

  it('does not start if the first sync fails, and syncs nothing then', async () => {
    followed.away = true;
    await expect(start(followed)).rejects.toMatchObject({ cause: 'away 1' });
    await pass(3);
    expect(followed.asked).toBe(1);
    expect(failures).toEqual([]);
  });

  it('knows how old what is known is, by the clock', async () => {
    await start(followed);
    expect(syncLoop.ageSeconds).toBe(0);
    clock.advance(0.25);
    expect(syncLoop.ageSeconds).toBe(0.25);
    await pass(1);
    expect(syncLoop.ageSeconds).toBe(0);
  });

  it('counts the age from the time when it asked, not from the answer', async () => {
    followed.whenAsked = () => clock.advance(7);
    await start(followed);
    expect(syncLoop.ageSeconds).toBe(7);
  });

  it('counts its state as fresh if the clock was set back', async () => {
    await start(followed);
    clock.set(NEW_YEAR - 3600);
    expect(syncLoop.ageSeconds).toBe(0);
  });

  it('lets the age grow while something is unavailable, and reports it once', async () => {
    await start(followed);
    followed.away = true;
    await pass(60);
    expect(syncLoop.ageSeconds).toBe(60);
    expect(failures).toEqual([expect.objectContaining({ cause: 'away 2' })]);
    expect(followed.asked).toBe(61);
  });

  it('recovers by itself, and reports the next outage again', async () => {
    await start(followed);
    for (let outage = 1; outage <= 3; outage++) {
      followed.away = true;
      await pass(5);
      followed.away = false;
      await pass(1);
      expect(syncLoop.ageSeconds).toBe(0);
      expect(failures).toHaveLength(outage);
    }
  });

  it('does not count as fresh if only a part of it responded', async () => {
    const other = new Followed();
    await start(followed, other);
    other.away = true;
    await pass(2);
    expect(syncLoop.ageSeconds).toBe(2);
    other.away = false;
    followed.away = true;
    await pass(2);
    expect(syncLoop.ageSeconds).toBe(4);
    expect(other.asked).toBe(3);
  });

  it('asks nothing again before it was answered', async () => {
    let answer = (): void => {};
    await start(followed);
    const slow = { sync: () => new Promise<void>((resolve) => (answer = resolve)) };
    const asked = jest.spyOn(followed, 'sync').mockImplementation(slow.sync);
    await pass(5);
    expect(asked).toHaveBeenCalledTimes(1);
    answer();
    await pass(1);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it.each([1, 2])('asks nothing more once it was stopped, be it %d times', async (times) => {
    await start(followed);
    for (let i = 0; i < times; i++) syncLoop.stop();
    await pass(5);
    expect(followed.asked).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('queries nothing more if it was stopped while it waited for a response', async () => {
    await start(followed);
    followed.whenAsked = () => syncLoop.stop();
    await pass(5);
    expect(followed.asked).toBe(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not keep the process running', async () => {
    jest.useRealTimers();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    await start(followed);
    const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timer?.hasRef()).toBe(false);
  });
});
