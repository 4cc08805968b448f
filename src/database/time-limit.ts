/** Work on a server that did not finish in time. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded';

  constructor(milliseconds: number) {
    super(`No response within ${milliseconds / 1000} seconds`);
  }
}

/**
 * Waits for work until a time limit: a driver waits for an unresponsive server until TCP gives up.
 *
 * @param milliseconds the limit
 * @param abandon called if the limit passes; it must make the work end
 * @throws {TimeLimitExceeded} and whatever the work throws
 */
export async function withTimeLimit<R>(
  work: Promise<R>,
  milliseconds: number,
  abandon: () => void = () => {},
): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeLimitExceeded(milliseconds));
      abandon();
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
