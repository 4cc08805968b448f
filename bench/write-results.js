import { readFileSync, writeFileSync } from 'node:fs';
import { describeNoise } from './interleave.js';
import { table } from './table.js';

const RESULTS = new URL('./results.json', import.meta.url);
const README = new URL('./README.md', import.meta.url);
const BETWEEN_MARKERS = /(?<=<!-- results -->\n).*(?=<!-- \/results -->)/s;

/**
 * Keeps the results beside the benchmark: every slot in `results.json`, the table in the README.
 *
 * @param {object} results
 * @param {string} results.machine
 * @param {import('./options.js').Options} results.options
 * @param {import('./summary.js').Row[]} results.summary
 * @param {import('./interleave.js').Slot[]} results.slots
 */
export function writeResults({ machine, options, summary, slots }) {
  const { rounds, seconds, connections } = options;
  const results = { machine, rounds, seconds, connections, summary, slots };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  const text = readFileSync(README, 'utf8');
  if (!BETWEEN_MARKERS.test(text)) throw new Error('The README has no place for the results');
  const conditions = `${machine}; ${connections} connections, ${rounds} rounds of ${seconds} s, medians. ${describeNoise(slots)}`;
  // A function, because in a string `$` would have a meaning.
  writeFileSync(
    README,
    text.replace(BETWEEN_MARKERS, () => `\n${conditions}\n\n${table(summary)}\n\n`),
  );
}
