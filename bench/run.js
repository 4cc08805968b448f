import { casesFor, casesOfClients } from './cases.js';
import { checkAnswers, checkClients } from './check-answers.js';
import { describeNoise, interleave } from './interleave.js';
import { machine } from './machine.js';
import { readOptions } from './options.js';
import { launcher } from './servers.js';
import { startWithClients } from './starts.js';
import { summarise } from './summary.js';
import { tableOfRows, tableOfStarts } from './table.js';
import { writeResults } from './write-results.js';

const FEW = 10;
const MANY = 100_000;
const WITH_CLIENTS = 'with clients';

const options = readOptions();
const launched = launcher();
const { start, stopAll } = launched;
// However the run ends, no server outlives it.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(signal, () => process.exit(code));
}

try {
  const populated = [await startWithClients(launched, FEW), await startWithClients(launched, MANY)];
  for (const { server, authorizations } of populated) await checkClients(server, authorizations);

  const service = await start('identity-backend', 'dist/main.js');
  const fastify = await start('bare Fastify', 'bench/peers/bare-fastify.js');
  const node = await start('bare node:http', 'bench/peers/bare-node.js');
  const servers = [service, fastify, node];
  const token = await checkAnswers(servers);

  const besidePeers = casesFor(token).map((testCase) => ({
    name: testCase.path,
    reference: fastify.name,
    contestants: servers.map((server) => ({ name: server.name, server, testCase })),
  }));
  const ways = populated.flatMap(({ clients, server, authorizations }) =>
    casesOfClients(authorizations).map(({ how, testCase }) => ({
      name: `${how}, ${clients.toLocaleString('en')} clients`,
      server,
      testCase,
    })),
  );
  const withClients = { name: WITH_CLIENTS, reference: ways[0]?.name ?? '', contestants: ways };
  const contests = [...besidePeers, withClients];

  const slots = await interleave(contests, options);
  const summary = summarise(slots, contests);
  const starts = populated.map((each) => each.starts());
  const tables = [
    {
      name: 'peers',
      table: tableOfRows(
        summary.filter((row) => row.case !== WITH_CLIENTS),
        { case: 'case', server: 'server', ratio: 'CPU to bare Fastify' },
      ),
    },
    {
      name: 'clients',
      table: tableOfRows(
        summary.filter((row) => row.case === WITH_CLIENTS),
        { server: 'asked for', ratio: `CPU to open /token, ${FEW} clients` },
      ),
    },
    { name: 'starts', table: tableOfStarts(starts) },
  ];

  for (const { table } of tables) process.stdout.write(`\n${table}\n`);
  process.stdout.write(`\n${describeNoise(slots)}\n`);
  if (options.write) writeResults({ machine: machine(), options, summary, starts, slots }, tables);
} finally {
  await stopAll();
}
