import { readdirSync, readFileSync } from 'node:fs';

/** The resources that a process uses. */
export interface ProcessUsage {
  /** Open files and connections. */
  readonly descriptors: number;
  /** Resident memory, in MiB. */
  readonly memory: number;
}

export function usageOf(pid: number | undefined): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    memory: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
  };
}
