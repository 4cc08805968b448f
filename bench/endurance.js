// Measures what a million tokens leave behind: physical memory and heap after the start, half way and at the
// end.
// Run after `npm run build`: node bench/endurance.js [tokens]
import autocannon from 'autocannon';
import { casesFor } from './cases.js';
import { machine } from './machine.js';
import { memoryOf } from './memory.js';
import { launcher } from './servers.js';

const tokens = Number(process.argv[2] ?? 1_000_000);
const CONNECTIONS = 32;
const [, testCase] = casesFor('');
const { path, method, body, type } = /** @type {import('./cases.js').Case} */ (testCase);

const { start, stopAll } = launcher();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/**
 * @param {import('./servers.js').Server} server
 * @param {string} when
 */
async function report({ origin, pid }, when) {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const bytes = Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]);
  const { now, peak } = memoryOf(pid) ?? { now: NaN, peak: NaN };
  console.log(
    `${when}: ${now} MiB of memory, ${peak} at most, ${(bytes / 2 ** 20).toFixed(0)} MiB of heap in use`,
  );
}

try {
  const server = await start('identity-backend', 'dist/main.js');
  console.log(
    `${machine()}; the first response came after ${(server.startMilliseconds / 1000).toFixed(1)} s`,
  );
  await report(server, 'after the start');
  for (const part of ['half way', 'at the end']) {
    const { non2xx, errors } = await autocannon({
      url: server.origin + path,
      method,
      ...(body !== undefined && { body }),
      ...(type !== undefined && { headers: { 'content-type': type } }),
      connections: CONNECTIONS,
      amount: tokens / 2,
    });
    if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`);
    await report(server, part);
  }
} finally {
  await stopAll();
}
