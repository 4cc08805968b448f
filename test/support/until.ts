import { setTimeout as delay } from 'node:timers/promises';

const PAUSE = 25;

/**
 * Asks again and again until the answer is yes: for what other processes bring about, which no moved clock hastens.
 *
 * @param milliseconds by when it must have come
 * @param what the error names; the condition's own text if omitted
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  milliseconds: number,
  what = holds.toString(),
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${milliseconds} ms: ${what}`);
    await delay(PAUSE);
  }
}
