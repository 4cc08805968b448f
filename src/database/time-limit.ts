/** A server did not do its work in time. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded';

  constructor(milliseconds: number) {
    super(`No response within ${milliseconds / 1000} seconds`);
  }
}

/**
 * Waits for work, but no longer than a time limit: a driver waits for an unresponsive server until TCP gives
 * up. Errors of the work are rethrown.
 *
 * @param milliseconds the limit
 * @param abandon called after the limit; it must make the work end
 * @throws {TimeLimitExceeded} if the work does not end in time
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
