import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { casesFor, casesOfClients, oauthCases } from './cases.js';
import { accessToken, checkAnswers, checkClients } from './check-answers.js';
import { describeNoise, interleave } from './interleave.js';
import { machine } from './machine.js';
import { readOptions } from './options.js';
import { hasFlask } from './python.js';
import { addRevocations, copyDatabase } from './revocations.js';
import { launcher } from './servers.js';
import { startWithClients } from './starts.js';
import { summarise } from './summary.js';
import { tableOfRows, tableOfStarts } from './table.js';
import { writeResults } from './write-results.js';

const SERVICE = 'dist/main.js';
const FEW = 10;
const MANY = 100_000;
const REVOKED = 1_000_000;
const ALGORITHMS = ['HS256', 'ES256', 'EdDSA', 'RS256'];
const PEER_CLIENT = { CLIENT_ID: 'careergpt', CLIENT_SECRET: 'a-secret-of-the-peer-of-the-benchmark-012345' };

const options = readOptions();
const launched = launcher();
const { folder, start, stopAll } = launched;
// No server outlives the run, however it ends.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(signal, () => process.exit(code));
}

/** The service, compared with servers that give the same responses. */
async function againstPeers() {
  const servers = [
    await start('identity-backend', SERVICE),
    await start('equipped Fastify', 'bench/peers/equipped-fastify.js'),
    await start('bare Fastify', 'bench/peers/bare-fastify.js'),
    await start('bare node:http', 'bench/peers/bare-node.js'),
    await start('Nest on Express', 'bench/peers/nest-express.js'),
  ];
  if (hasFlask()) {
    const peers = fileURLToPath(new URL('./peers', import.meta.url));
    const gunicorn = ['/usr/bin/python3', '-m', 'gunicorn', '--chdir', peers, '-b', '127.0.0.1:{port}'];
    servers.push(await start('Flask and PyJWT', [...gunicorn, '--threads', '4', 'flask_app:app']));
  }
  const token = await checkAnswers(servers);
  return casesFor(token).map((testCase) => ({
    name: testCase.path,
    references: ['equipped Fastify', 'bare Fastify'],
    contestants: servers.map((server) => ({ name: server.name, server, testCase })),
  }));
}

/** @param {readonly import('./starts.js').Populated[]} populated */
function withClients(populated) {
  const ways = populated.flatMap(({ clients, server, authorizations }) =>
    casesOfClients(authorizations).map(({ how, testCase }) => ({
      name: `${how}, ${clients.toLocaleString('en')} clients`,
      server,
      testCase,
    })),
  );
  return [{ name: 'with clients', references: [ways[0]?.name ?? ''], contestants: ways }];
}

/**
 * Client credentials and introspection, compared with oidc-provider and with a million revoked tokens.
 *
 * @param {import('./starts.js').Populated} few
 */
async function ofOAuth({ server, authorizations, database }) {
  const [authorization = ''] = authorizations;
  const revokedFile = join(folder, 'revoked.db');
  await copyDatabase(database, revokedFile);
  await addRevocations(revokedFile, REVOKED);
  const revoked = await start('1,000,000 revoked', SERVICE, revokedFile);
  const peer = await start('oidc-provider', 'bench/peers/oidc-provider.js', undefined, PEER_CLIENT);
  const peerBasic = `Basic ${Buffer.from(Object.values(PEER_CLIENT).join(':')).toString('base64')}`;
  const ours = {
    tokenPath: '/oauth2/token',
    introspectionPath: '/oauth2/introspect',
    resource: '',
    authorization,
  };
  const theirs = {
    tokenPath: '/token',
    introspectionPath: '/token/introspection',
    resource: '&resource=urn:logging-service',
    authorization: peerBasic,
  };
  const token = await accessToken(server, ours.tokenPath, authorization);
  const opaque = await accessToken(peer, theirs.tokenPath, peerBasic);
  const [grant, introspection] = [
    oauthCases({ ...ours, token }),
    oauthCases({ ...theirs, token: opaque }),
  ].map((cases, at) => cases.map((each) => ({ ...each, server: at === 0 ? server : peer })));
  const verify = casesFor(token).at(-1);
  const compared = (grant ?? []).map(({ name, testCase }, at) => ({
    name,
    references: ['identity-backend'],
    contestants: [
      { name: 'identity-backend', server, testCase },
      { name: 'oidc-provider', server: peer, testCase: introspection?.[at]?.testCase ?? testCase },
    ],
  }));
  const cases = [
    { name: '/verify, revocations', testCase: /** @type {import('./cases.js').Case} */ (verify) },
    ...(grant ?? []).slice(1).map(({ testCase }) => ({ name: 'introspection, revocations', testCase })),
  ];
  const withRevoked = cases.map(({ name, testCase }) => ({
    name,
    references: ['none revoked'],
    contestants: [
      { name: 'none revoked', server, testCase },
      { name: revoked.name, server: revoked, testCase },
    ],
  }));
  return { compared, withRevoked };
}

async function byAlgorithm() {
  const [, testCase] = casesFor('');
  const contestants = [];
  for (const name of ALGORITHMS) {
    const server = await start(name, SERVICE, join(folder, `${name}.db`), { JWT_ALGORITHM: name });
    contestants.push({ name, server, testCase: /** @type {import('./cases.js').Case} */ (testCase) });
  }
  return [{ name: '/token by algorithm', references: ['HS256'], contestants }];
}

async function byWorkers() {
  const [, testCase] = casesFor('');
  const contestants = [];
  for (const count of ['1', '2']) {
    const name = `${count} ${count === '1' ? 'worker' : 'workers'}`;
    const server = await start(name, SERVICE, join(folder, `workers-${count}.db`), { WORKERS: count });
    contestants.push({ name, server, testCase: /** @type {import('./cases.js').Case} */ (testCase) });
  }
  return [{ name: '/token by workers', references: ['1 worker'], contestants }];
}

try {
  const populated = [await startWithClients(launched, FEW), await startWithClients(launched, MANY)];
  for (const { server, authorizations } of populated) await checkClients(server, authorizations);
  const [few] = populated;
  if (!few) throw new Error('There is no service with clients');
  const { compared, withRevoked } = await ofOAuth(few);

  const groups = [
    {
      place: 'peers',
      contests: await againstPeers(),
      titles: { case: 'case', server: 'server', ratios: ['to equipped', 'to bare'] },
    },
    {
      place: 'clients',
      contests: withClients(populated),
      titles: { server: 'asked for', ratios: [`to open, ${FEW} clients`] },
    },
    {
      place: 'oauth',
      contests: compared,
      titles: { case: 'case', server: 'server', ratios: ['to the service'] },
    },
    {
      place: 'revoked',
      contests: withRevoked,
      titles: { case: 'case', server: 'revoked', ratios: ['to none'] },
    },
    {
      place: 'algorithms',
      contests: await byAlgorithm(),
      titles: { server: 'algorithm', ratios: ['to HS256'] },
    },
    { place: 'workers', contests: await byWorkers(), titles: { server: 'processes', ratios: ['to one'] } },
  ];
  const contests = groups.flatMap((group) => group.contests);
  const slots = await interleave(contests, options);
  const summary = summarise(slots, contests);
  const starts = populated.map((each) => each.starts());
  const tables = [
    ...groups.map(({ place, titles, contests: own }) => ({
      name: place,
      table: tableOfRows(
        summary.filter((row) => own.some(({ name }) => name === row.case)),
        titles,
      ),
    })),
    { name: 'starts', table: tableOfStarts(starts) },
  ];

  for (const { table } of tables) process.stdout.write(`\n${table}\n`);
  process.stdout.write(`\n${describeNoise(slots)}\n`);
  if (options.write) writeResults({ machine: machine(), options, summary, starts, slots }, tables);
} finally {
  await stopAll();
}
