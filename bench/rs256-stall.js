// Measures what each algorithm costs, and whether RSA signatures hold up other requests.
// Run after `npm run build`: node bench/rs256-stall.js [--rounds 5] [--seconds 2]
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { casesFor } from './cases.js';
import { describeNoise, interleave } from './interleave.js';
import { machine } from './machine.js';
import { measure } from './measure.js';
import { readOptions } from './options.js';
import { median, quantile } from './quantile.js';
import { launcher } from './servers.js';
import { summarise } from './summary.js';

const ALGORITHMS = ['HS256', 'ES256', 'EdDSA', 'RS256'];

const options = readOptions();
const { folder, start, stopAll } = launcher();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/**
 * @param {import('./servers.js').Server} server
 * @returns {Promise<{ pings: number, p50: number, p99: number, worst: number, tokens: number }>} how long
 *   /ping took, in milliseconds, while tokens were issued at full load
 */
async function pingUnderLoad(server) {
  const probe = new Worker(new URL('./ping-probe.js', import.meta.url), { workerData: server.origin });
  const { requestsPerSecond } = await measure(server, token, options);
  probe.postMessage('stop');
  const [times] = /** @type {[number[]]} */ (await once(probe, 'message'));
  times.sort((a, b) => a - b);
  return {
    pings: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    worst: quantile(times, 1),
    tokens: requestsPerSecond,
  };
}

const [, token] = /** @type {any} */ (casesFor(''));
try {
  const contestants = [];
  for (const name of ALGORITHMS) {
    const server = await start(name, 'dist/main.js', join(folder, `${name}.db`), { JWT_ALGORITHM: name });
    contestants.push({ name, server, testCase: token });
  }
  const contests = [{ name: '/token', references: ['HS256'], contestants }];
  const slots = await interleave(contests, options);
  const rows = summarise(slots, contests);
  const base = rows[0]?.cpu?.median ?? NaN;
  process.stdout.write(
    `\n${machine()}; ${options.connections} connections, ${options.rounds} rounds of ${options.seconds} s\n`,
  );
  for (const { server, requestsPerSecond, cpu } of rows) {
    const above = ((cpu?.median ?? NaN) - base).toFixed(0);
    process.stdout.write(
      `${server}: ${requestsPerSecond} tokens/s, ${cpu?.median} µs of CPU a token, ${above} above HS256\n`,
    );
  }
  for (const { name, server } of contestants) {
    const rounds = [];
    for (let round = 0; round < options.rounds; round++) rounds.push(await pingUnderLoad(server));
    const of = (/** @type {'p50' | 'p99' | 'worst' | 'tokens'} */ what) =>
      median(rounds.map((each) => each[what])).toFixed(1);
    process.stdout.write(
      `/ping next to ${name}: p50 ${of('p50')} ms, p99 ${of('p99')} ms, worst ${of('worst')} ms, at ${of('tokens')} tokens/s\n`,
    );
  }
  process.stdout.write(`${describeNoise(slots)}\n`);
} finally {
  await stopAll();
}
