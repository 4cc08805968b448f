import { readFileSync } from 'node:fs';
import { CPU_AVAILABLE } from './processor.js';

/**
 * @param {number} pid
 * @returns {{ now: number, peak: number } | null} physical memory of the process in MiB, now and at most;
 *   `null` if the system does not show it
 */
export function memoryOf(pid) {
  if (!CPU_AVAILABLE) return null;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { now: mebibytes(status, 'VmRSS'), peak: mebibytes(status, 'VmHWM') };
}

/**
 * @param {string} status
 * @param {string} name
 */
function mebibytes(status, name) {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Math.round(Number(kibibytes) / 1024);
}
