import { availableParallelism } from 'node:os';

/**
 * What the numbers were measured on. The ratios are what carries over to another machine, so neither model nor clock
 * rate is known.
 *
 * @returns {string}
 */
export function machine() {
  return `${availableParallelism()} shared cores, Node ${process.versions.node}`;
}
