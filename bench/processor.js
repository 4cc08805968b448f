import { existsSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';

/** USER_HZ: what `/proc` counts in. Linux shows 100 to programs on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Whether processor time can be measured here: only Linux has `/proc`. */
export const CPU_AVAILABLE = platform() === 'linux';

/**
 * @param {number} pid
 * @returns {number | undefined} seconds that the process has computed so far, with all its threads and the processes that it
 *   started
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
 * @returns {number[]} none if the kernel was built without the list
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

/** @returns {number | undefined} seconds that all processors together were not idle so far */
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
 * Takes the time of a stretch of work.
 *
 * @param {number} pid of the server
 * @returns {() => { server: number | null, others: number | null }} called at the end, gives the seconds that the
 *   server computed, and those that processes other than it and this one did; `null` if that cannot be known
 */
export function stopwatch(pid) {
  const before = { server: secondsOf(pid), own: ownSeconds(), all: secondsOfAll() };
  return () => {
    const after = { server: secondsOf(pid), own: ownSeconds(), all: secondsOfAll() };
    if (before.server === undefined || after.server === undefined) return { server: null, others: null };
    const server = after.server - before.server;
    const all = (after.all ?? 0) - (before.all ?? 0);
    // If the system does not show what all processors do, the share of other processes is unknown too.
    return { server, others: all > 0 ? Math.max(0, all - server - (after.own - before.own)) : null };
  };
}

function ownSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
