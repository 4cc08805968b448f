/** Work on a server that did not end in time. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded';

  constructor(milliseconds: number) {
    super(`No answer within ${milliseconds / 1000} seconds`);
  }
}

/**
 * Waits for work until a time limit: drivers wait for a server that stopped answering until TCP gives up.
 *
 * @param milliseconds the limit
 * @param abandon called if the limit passes; it must make the work end
 * @throws {TimeLimitExceeded} and what the work throws
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
