import { availableParallelism } from 'node:os';

/**
 * Describes the machine. Only ratios carry over to another machine, so model and clock rate are left out.
 *
 * @returns {string}
 */
export function machine() {
  return `${availableParallelism()} shared cores, Node ${process.versions.node}`;
}
