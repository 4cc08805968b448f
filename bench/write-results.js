import { readFileSync, writeFileSync } from 'node:fs';
import { chartOf } from './chart.js';
import { describeNoise } from './interleave.js';

const RESULTS = new URL('./results.json', import.meta.url);
const CHART = new URL('./chart.svg', import.meta.url);
const README = new URL('./README.md', import.meta.url);

/**
 * Writes the results next to the benchmark: every slot to `results.json`, the tables to the README.
 *
 * @param {object} results
 * @param {string} results.machine
 * @param {import('./options.js').Options} results.options
 * @param {import('./summary.js').Row[]} results.summary
 * @param {import('./starts.js').Starts[]} results.starts
 * @param {import('./interleave.js').Slot[]} results.slots
 * @param {readonly { name: string, table: string }[]} tables each with the name of its place in the README
 */
export function writeResults({ machine, options, summary, starts, slots }, tables) {
  const { rounds, seconds, connections } = options;
  const results = { machine, rounds, seconds, connections, summary, starts, slots };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(CHART, chartOf(summary, machine));
  const conditions = `${machine}; ${connections} connections, ${rounds} rounds of ${seconds} s, medians. ${describeNoise(slots)}`;
  const places = [{ name: 'conditions', table: conditions }, ...tables];
  const text = places.reduce(inPlace, readFileSync(README, 'utf8'));
  writeFileSync(README, text);
}

/**
 * @param {string} text
 * @param {{ name: string, table: string }} place
 */
function inPlace(text, { name, table }) {
  const between = new RegExp(`(?<=<!-- ${name} -->\\n).*(?=<!-- /${name} -->)`, 's');
  if (!between.test(text)) throw new Error(`The README has no place for the ${name}`);
  // The replacement is a function, because `$` has a meaning in a string.
  return text.replace(between, () => `\n${table}\n\n`);
}
