import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {number} rounds how often each case is measured on each server
 * @property {number} seconds how long one measurement takes
 * @property {number} connections how many requests are in progress at a time
 * @property {boolean} write whether results.json, the chart and the README are written
 */

/** As many as a few services with connection pools have: enough to keep a server busy. */
const CONNECTIONS = 32;

/**
 * The defaults take about two minutes, three if many slots are measured again.
 *
 * @returns {Options} the options of the command line
 */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      write: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: wholeNumber('--rounds', values.rounds),
    seconds: wholeNumber('--seconds', values.seconds),
    connections: CONNECTIONS,
    write: values.write,
  };
}

/**
 * @param {string} otherwise the default
 * @returns {number} how often each contestant is measured, if that is the only option of the command line
 */
export function readRounds(otherwise) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: otherwise } } });
  return wholeNumber('--rounds', values.rounds);
}

/**
 * @param {string} flag
 * @param {string} text
 */
function wholeNumber(flag, text) {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new RangeError(`${flag} must be a whole number from 1 to 999`);
  return Number(text);
}
