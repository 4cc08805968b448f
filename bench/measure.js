import autocannon from 'autocannon';
import { stopwatch } from './processor.js';
import { quantile } from './quantile.js';

/**
 * @typedef {object} Measurement
 * @property {number} requestsPerSecond
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {number | null} cpu microseconds of the server's processor time for each request
 * @property {number | null} others the share of one processor that other processes took meanwhile
 */

/**
 * Puts one server under load for a while.
 *
 * @param {import('./servers.js').Server} server
 * @param {import('./cases.js').Case} testCase
 * @param {{ seconds: number, connections: number }} load
 * @returns {Promise<Measurement>}
 * @throws {Error} if a response is missing or not 2xx
 */
export async function measure({ name, origin, pid }, testCase, { seconds, connections }) {
  const { path, method, body, type, authorizations } = testCase;
  /** @type {number[]} */
  const times = [];
  const elapsed = stopwatch(pid);
  const begin = performance.now();
  const run = autocannon({
    url: origin + path,
    method,
    ...(body !== undefined && { body }),
    ...(type !== undefined && { headers: { 'content-type': type } }),
    ...(authorizations && {
      requests: authorizations.map((authorization) => ({ headers: { authorization } })),
    }),
    connections,
    duration: seconds,
    // The run ends at the first sample after its time: the default interval of a second would extend it by up
    // to a second.
    sampleInt: 50,
  });
  // autocannon's own histogram counts whole milliseconds, and a request takes about one.
  run.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  const { non2xx, errors, timeouts, resets } = await run;
  const duration = (performance.now() - begin) / 1000;
  const { server, others } = elapsed();
  if (non2xx + errors + timeouts + resets > 0 || times.length === 0) {
    const counts = JSON.stringify({ answered: times.length, non2xx, errors, timeouts, resets });
    throw new Error(`${name} did not answer every ${method} ${path} with 2xx: ${counts}`);
  }
  times.sort((a, b) => a - b);
  return {
    requestsPerSecond: Math.round(times.length / duration),
    p50: round(quantile(times, 0.5), 2),
    p99: round(quantile(times, 0.99), 2),
    cpu: server === null ? null : round((server * 1e6) / times.length, 1),
    others: others === null ? null : round(others / duration, 2),
  };
}

/**
 * @param {number} value
 * @param {number} digits
 */
function round(value, digits) {
  return Number(value.toFixed(digits));
}
