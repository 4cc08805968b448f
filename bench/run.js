import { casesFor } from './cases.js';
import { checkAnswers } from './check-answers.js';
import { describeNoise, interleave } from './interleave.js';
import { machine } from './machine.js';
import { readOptions } from './options.js';
import { launcher } from './servers.js';
import { summarise } from './summary.js';
import { table } from './table.js';
import { writeResults } from './write-results.js';

const options = readOptions();
const { start, stopAll } = launcher();
// However the run ends, no server outlives it.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(signal, () => process.exit(code));
}

try {
  const service = await start('identity-backend', 'dist/main.js');
  const fastify = await start('bare Fastify', 'bench/peers/bare-fastify.js');
  const node = await start('bare node:http', 'bench/peers/bare-node.js');
  const servers = [service, fastify, node];

  const token = await checkAnswers(servers);
  const slots = await interleave(servers, casesFor(token), options);
  const results = { machine: machine(), options, summary: summarise(slots, fastify.name), slots };

  process.stdout.write(`\n${table(results.summary)}\n\n${describeNoise(slots)}\n`);
  if (options.write) writeResults(results);
} finally {
  await stopAll();
}
