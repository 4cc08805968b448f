/**
 * Waits for work, but not for long: the work itself continues.
 *
 * @param work must not reject
 * @param milliseconds the longest wait
 * @param late the result if the work takes longer
 */
export async function limitedWait<T>(work: Promise<T>, milliseconds: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<T>((resolve) => {
    // A process that has nothing else to do need not wait.
    timer = setTimeout(resolve, milliseconds, late).unref();
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
