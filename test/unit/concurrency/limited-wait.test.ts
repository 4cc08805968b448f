import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { limitedWait } from '../../../src/concurrency/limited-wait.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('limitedWait', () => {
  it('returns the result of the work, and leaves no timer', async () => {
    expect(await limitedWait(Promise.resolve('done'), 1_000, 'late')).toBe('done');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('returns the other result if the work takes longer, while the work continues', async () => {
    let finish: (result: string) => void = () => undefined;
    const work = new Promise<string>((resolve) => (finish = resolve));
    const waited = limitedWait(work, 1_000, 'late');
    jest.advanceTimersByTime(1_000);
    expect(await waited).toBe('late');
    finish('done');
    expect(await work).toBe('done');
  });
});
