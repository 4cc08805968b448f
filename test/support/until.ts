import { setTimeout as delay } from 'node:timers/promises';

const PAUSE = 25;

/**
 * Waits until a condition holds: for effects of other processes, which do not depend on a moved clock.
 *
 * @param milliseconds within which it must hold
 * @param what the condition in the words of the error; its source text if omitted
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
