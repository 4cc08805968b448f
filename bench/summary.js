import { median } from './quantile.js';

/**
 * @typedef {object} Row
 * @property {string} case
 * @property {string} server
 * @property {number} requestsPerSecond the median of the rounds, like all figures of a row
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {{ median: number, least: number, most: number } | null} cpu microseconds for each request
 * @property {(number | null)[]} ratios medians of the ratios of processor time to that of each reference in
 *   the same round
 */

/**
 * @param {readonly import('./interleave.js').Slot[]} slots
 * @param {readonly import('./interleave.js').Contest[]} contests
 * @returns {Row[]}
 */
export function summarise(slots, contests) {
  return contests.flatMap(({ name, references, contestants }) => {
    const of = (/** @type {string} */ server) =>
      slots.filter((slot) => slot.case === name && slot.server === server);
    return contestants.map(({ name: server }) => {
      const rounds = of(server);
      return {
        case: name,
        server,
        requestsPerSecond: Math.round(median(rounds.map((slot) => slot.requestsPerSecond))),
        p50: median(rounds.map((slot) => slot.p50)),
        p99: median(rounds.map((slot) => slot.p99)),
        cpu: cpuOf(rounds),
        ratios: references.map((reference) => ratioOf(rounds, of(reference))),
      };
    });
  });
}

/**
 * @param {readonly import('./interleave.js').Slot[]} rounds
 * @returns {Row['cpu']}
 */
function cpuOf(rounds) {
  const values = rounds.map((slot) => slot.cpu).filter((cpu) => cpu !== null);
  if (values.length === 0) return null;
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Compares within a round: a neighbour or a processor that changes its clock rate slows both servers of a
 * round alike, but not all rounds.
 *
 * @param {readonly import('./interleave.js').Slot[]} rounds
 * @param {readonly import('./interleave.js').Slot[]} references
 * @returns {number | null}
 */
function ratioOf(rounds, references) {
  const ratios = rounds.flatMap(({ round, cpu }) => {
    const base = references.find((slot) => slot.round === round)?.cpu;
    return cpu !== null && base ? [cpu / base] : [];
  });
  return ratios.length === 0 ? null : Number(median(ratios).toFixed(2));
}
