import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { retryWhileBusy } from '../../../src/database/retry-while-busy.js';

/** The length of each requested pause in milliseconds; these tests do not wait. */
const pauses: number[] = [];
const pause = (milliseconds: number): Promise<void> => {
  pauses.push(milliseconds);
  return Promise.resolve();
};

beforeEach(() => void pauses.splice(0));
afterEach(() => void jest.restoreAllMocks());

const busy = (code = 'SQLITE_BUSY'): Error => Object.assign(new Error('busy'), { code });

/** An act that fails the given number of times before it succeeds, and counts its calls. */
class Attempts {
  made = 0;

  constructor(
    private readonly failures: number,
    private readonly error: unknown = busy(),
  ) {}

  readonly act = async (): Promise<string> => {
    this.made++;
    if (this.made > this.failures) return Promise.resolve('done');
    throw this.error;
  };
}

describe('retryWhileBusy', () => {
  it('tries once if the file is not busy', async () => {
    const attempts = new Attempts(0);
    expect(await retryWhileBusy(attempts.act, pause)).toBe('done');
    expect(attempts.made).toBe(1);
    expect(pauses).toEqual([]);
  });

  it.each([
    ['SQLITE_BUSY', busy()],
    ['SQLITE_BUSY_SNAPSHOT', busy('SQLITE_BUSY_SNAPSHOT')],
    ['its message only', new Error('SqliteError: database is locked')],
  ])('tries again if the file is reported busy by %s', async (_name, error) => {
    const attempts = new Attempts(3, error);
    expect(await retryWhileBusy(attempts.act, pause)).toBe('done');
    expect(attempts.made).toBe(4);
    expect(pauses).toHaveLength(3);
  });

  it.each([
    ['another code', busy('SQLITE_CORRUPT')],
    ['no code', new Error('refused')],
    ['a value that is not an Error', 'SQLITE_BUSY'],
  ])('does not try again after %s', async (_name, error) => {
    const attempts = new Attempts(1, error);
    await expect(retryWhileBusy(attempts.act, pause)).rejects.toBe(error);
    expect(attempts.made).toBe(1);
  });

  it.each([0.5, 1 - Number.EPSILON])(
    'gives up after 2 to 10 seconds of pauses if the file stays busy (Math.random: %d)',
    async (chance) => {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const error = busy();
      await expect(retryWhileBusy(new Attempts(Infinity, error).act, pause)).rejects.toBe(error);
      const waited = pauses.reduce((sum, pause) => sum + pause, 0);
      expect(waited).toBeGreaterThan(2_000);
      expect(waited).toBeLessThan(10_000);
    },
  );

  it('begins with pauses of at most 50 ms, so that two alternating writers lose little time', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    await retryWhileBusy(new Attempts(3).act, pause);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
  });
});
