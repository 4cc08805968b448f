import { existsSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';

/** USER_HZ, the unit of the times in `/proc`. Linux uses 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Whether processor time can be measured: only Linux has `/proc`. */
export const CPU_AVAILABLE = platform() === 'linux';

/**
 * @param {number} pid
 * @returns {number | undefined} processor time of the process so far, in seconds, with all its threads and
 *   child processes
 */
export function secondsOf(pid) {
  if (!CPU_AVAILABLE) return undefined;
  const stat = statOf(pid);
  // The name of the program is in parentheses and may contain spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + (secondsOf(child) ?? 0), own);
}

/**
 * @param {number} pid
 * @returns {number[]} the IDs of its child processes; empty if the kernel was built without that list
 */
function childrenOf(pid) {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

/** @param {number} pid */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (cause) {
    throw new Error('A server stopped while it was measured', { cause });
  }
}

/** @returns {number | undefined} seconds during which processors were busy so far, summed over all of them */
export function secondsOfAll() {
  if (!CPU_AVAILABLE) return undefined;
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/**
 * Measures the processor time of a stretch of work.
 *
 * @param {number} pid the process ID of the server
 * @returns {() => { server: number | null, others: number | null }} call it at the end: it returns the
 *   processor time, in seconds, of the server and of all processes other than the server and this one; `null`
 *   if unknown
 */
export function stopwatch(pid) {
  const before = { server: secondsOf(pid), own: ownSeconds(), all: secondsOfAll() };
  return () => {
    const after = { server: secondsOf(pid), own: ownSeconds(), all: secondsOfAll() };
    if (before.server === undefined || after.server === undefined) return { server: null, others: null };
    const server = after.server - before.server;
    const all = (after.all ?? 0) - (before.all ?? 0);
    // If the system does not show the time of all processors, that of other processes is unknown too.
    return { server, others: all > 0 ? Math.max(0, all - server - (after.own - before.own)) : null };
  };
}

function ownSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
