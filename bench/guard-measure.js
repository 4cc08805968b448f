import { GUARD, REFERENCE } from './guard-contestants.js';
import { requestWith } from './guard-tokens.js';
import { rotated } from './interleave.js';
import { median } from './quantile.js';

/**
 * @typedef {import('./guard-contestants.js').Contestant} Contestant
 * @typedef {import('./guard-tokens.js').Request} Request
 */

/**
 * @typedef {object} GuardRow
 * @property {string} name
 * @property {{ median: number, least: number, most: number }} cpu microseconds for each verification
 * @property {number} toReference the median of the ratios within each round, as is the next
 * @property {number} toGuard
 */

/** Microseconds of processor time: long enough that the garbage of each contestant is collected in its slot. */
const SLOT_US = 400_000;

/**
 * Measures every contestant in each round. They take turns, so that drift (heat, neighbours) affects all of
 * them alike; each round starts with another one.
 *
 * @param {readonly Contestant[]} contestants
 * @param {readonly Request[]} requests
 * @param {number} rounds
 * @returns {Promise<GuardRow[]>}
 */
export async function compareGuards(contestants, requests, rounds) {
  /** @type {Map<Contestant, number>} */
  const passes = new Map();
  for (const contestant of contestants) {
    await checkAnswers(contestant, requests);
    // Twice: the first pass is compiled during the run.
    await measure(contestant, requests, 2);
    const oncePass = (await measure(contestant, requests, 1)) * requests.length;
    passes.set(contestant, Math.max(1, Math.round(SLOT_US / oncePass)));
  }
  /** @type {Map<string, number[]>} */
  const figures = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of rotated(contestants, round)) {
      figures.get(contestant.name)?.push(await measure(contestant, requests, passes.get(contestant) ?? 1));
    }
  }
  const ratios = (/** @type {readonly number[]} */ values, /** @type {string} */ reference) =>
    median(values.map((value, round) => value / (figures.get(reference)?.[round] ?? NaN)));
  return [...figures].map(([name, values]) => ({
    name,
    cpu: { median: median(values), least: Math.min(...values), most: Math.max(...values) },
    toReference: ratios(values, REFERENCE),
    toGuard: ratios(values, GUARD),
  }));
}

/**
 * @param {Contestant} contestant
 * @param {readonly Request[]} requests
 * @param {number} passes over all requests
 * @returns {Promise<number>} microseconds of processor time for each verification, those of all threads
 */
async function measure({ name, accepts }, requests, passes) {
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) {
    for (const request of requests) {
      const outcome = accepts(request);
      // A result that is known is not awaited: the promise would be measured too.
      if (outcome !== true && (await outcome) !== true) throw new Error(`${name} refused a valid token`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (requests.length * passes);
}

/**
 * Checks that the contestant verifies at all: it must accept every token, and refuse one whose claims or
 * signature were changed.
 *
 * @param {Contestant} contestant
 * @param {readonly Request[]} requests
 */
async function checkAnswers({ name, accepts }, requests) {
  for (const request of requests) {
    if ((await accepts(request)) !== true) throw new Error(`${name} refused a valid token`);
  }
  const [one, other] = requests.map(({ token }) => token.split('.'));
  const [header, claims, signature] = one ?? [];
  const changed = [`${header}.${other?.[1]}.${signature}`, `${header}.${claims}.${other?.[2]}`];
  for (const token of changed) {
    const isAccepted = await Promise.resolve(requestWith(token))
      .then(accepts)
      .catch(() => false);
    if (isAccepted === true) throw new Error(`${name} accepted a changed token`);
  }
}
