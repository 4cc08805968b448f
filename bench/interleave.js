import { measure } from './measure.js';

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {import('./servers.js').Server} server
 * @property {import('./cases.js').Case} testCase
 */

/**
 * A group of contestants that are compared with each other.
 *
 * @typedef {object} Contest
 * @property {string} name
 * @property {readonly string[]} references names of the contestants that the others are compared with
 * @property {readonly Contestant[]} contestants
 */

/**
 * @typedef {import('./measure.js').Measurement & { case: string, server: string, round: number, repeats: number }} Slot
 */

/** The share of one processor that other processes may take. With more, the slot would measure them too. */
const MAX_OTHERS = 0.15;
/**
 * How often a slot is measured again at most, and a contestant in all, so that a machine that is never quiet
 * still gives a result.
 */
const MAX_REPEATS = 3;
const MAX_REPEATS_A_CONTESTANT = 2;

/**
 * Measures every contestant of every contest. Contestants take turns, so that drift (heat, neighbours, the
 * state of the load generator) affects all of them alike. Each round starts with another one.
 *
 * @param {readonly Contest[]} contests
 * @param {import('./options.js').Options} options
 * @returns {Promise<Slot[]>}
 */
export async function interleave(contests, options) {
  await warmUp(contests, options);
  /** @type {Slot[]} */
  const slots = [];
  for (const { name, contestants } of contests) {
    let repeatsLeft = MAX_REPEATS_A_CONTESTANT * contestants.length;
    for (let round = 1; round <= options.rounds; round++) {
      for (const contestant of rotated(contestants, round - 1)) {
        const most = Math.min(MAX_REPEATS, repeatsLeft);
        const { repeats, ...quietest } = await measureQuietly(contestant, options, most);
        repeatsLeft -= repeats;
        slots.push({ case: name, server: contestant.name, round, repeats, ...quietest });
        report(slots.at(-1));
      }
    }
  }
  return slots;
}

/**
 * Runs everything once, so that V8 has optimised the code that is measured later, in the load generator too.
 *
 * @param {readonly Contest[]} contests
 * @param {import('./options.js').Options} options
 */
async function warmUp(contests, options) {
  for (const { contestants } of contests) {
    for (const { server, testCase } of contestants) await measure(server, testCase, options);
  }
}

/**
 * @param {Contestant} contestant
 * @param {import('./options.js').Options} options
 * @param {number} most how often to measure again at most
 * @returns the quietest measurement
 */
async function measureQuietly({ server, testCase }, options, most) {
  let best = await measure(server, testCase, options);
  let repeats = 0;
  while ((best.others ?? 0) > MAX_OTHERS && repeats < most) {
    const next = await measure(server, testCase, options);
    repeats++;
    if ((next.others ?? 0) < (best.others ?? 0)) best = next;
  }
  return { ...best, repeats };
}

/**
 * @param {readonly Slot[]} slots
 * @returns {string} a sentence that says how quiet the machine was
 */
export function describeNoise(slots) {
  const busy = slots.filter(({ others }) => (others ?? 0) > MAX_OTHERS).length;
  return `Other processes were busy during ${busy} of the ${slots.length} measurements.`;
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} by
 */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** @param {Slot | undefined} slot */
function report(slot) {
  if (!slot) return;
  const cpu = slot.cpu === null ? 'CPU not available' : `${slot.cpu} µs`;
  const again = slot.repeats > 0 ? `, measured again ${slot.repeats} times` : '';
  process.stdout.write(
    `${slot.case} round ${slot.round} ${slot.server}: ${slot.requestsPerSecond} req/s, ${cpu}${again}\n`,
  );
}
