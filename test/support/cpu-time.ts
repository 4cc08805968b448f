/**
 * The processor time of this process while a function runs. Unlike the time on the clock, it does not grow
 * when other processes are busy.
 *
 * @returns milliseconds
 */
export function cpuTimeOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
