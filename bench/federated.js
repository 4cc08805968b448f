// Measures what a token of a trusted issuer costs the service, as the grant of a workload and as a client
// assertion, next to client_credentials with a secret: processor time for each request, with 1,000 entries and
// 10,000 federated clients, and the signature's verification alone in a bare server under the same load.
// Run after `npm run build`: node bench/federated.js [--rounds 9]
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { join } from 'node:path';
import { fillFederated } from './federated-clients.js';
import { machine } from './machine.js';
import { measure } from './measure.js';
import { readRounds } from './options.js';
import { median } from './quantile.js';
import { launcher } from './servers.js';

const ENTRIES = 1_000;
const CLIENTS = 10_000;
const LOAD = { seconds: 1, connections: 32 };
const JWT_BEARER = 'urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer';
const ASSERTION_TYPE = 'urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer';
const FORM = 'application/x-www-form-urlencoded';

/** @type {readonly { alg: string, hash: string, pair: ReturnType<typeof generateKeyPairSync>, options: object }[]} */
const ALGORITHMS = [
  {
    alg: 'ES256',
    hash: 'sha256',
    pair: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    options: { dsaEncoding: 'ieee-p1363' },
  },
  { alg: 'RS256', hash: 'sha256', pair: generateKeyPairSync('rsa', { modulusLength: 2048 }), options: {} },
];

const rounds = readRounds('9');
const { folder, start, stopAll } = launcher();
try {
  console.log(`${machine()}; ${ENTRIES} entries, ${CLIENTS} federated clients; ${rounds} rounds, medians\n`);
  for (const algorithm of ALGORITHMS) await compare(algorithm);
} finally {
  await stopAll();
}

/** @param {(typeof ALGORITHMS)[number]} algorithm */
async function compare({ alg, hash, pair, options }) {
  const path = join(folder, `${alg}.db`);
  const { issuer, subject, authorization } = await fillFederated(path, {
    entries: ENTRIES,
    clients: CLIENTS,
    alg,
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'bench' },
  });
  const server = await start(`identity-backend with ${alg}`, 'dist/main.js', path);
  const bare = await start(`signatures by ${alg}`, 'bench/peers/signature.js', undefined, { ALG: alg });
  const now = Math.floor(Date.now() / 1000);
  const input = [
    { alg, kid: 'bench', typ: 'JWT' },
    { iss: issuer, sub: subject, aud: 'identity-backend', iat: now, exp: now + 3600, jti: randomUUID() },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign(hash, Buffer.from(input), { key: pair.privateKey, ...options });
  const token = `${input}.${signature.toString('base64url')}`;
  const cases = {
    secret: { body: 'grant_type=client_credentials', authorizations: [authorization] },
    'workload grant': { body: `grant_type=${JWT_BEARER}&assertion=${token}` },
    'client assertion': {
      body: `grant_type=client_credentials&client_assertion_type=${ASSERTION_TYPE}&client_assertion=${token}`,
    },
  };
  /** @type {Map<string, number[]>} */
  const figures = new Map();
  const record = (/** @type {string} */ name, /** @type {number} */ value) =>
    figures.set(name, [...(figures.get(name) ?? []), value]);
  const costOf = async (/** @type {[typeof server, import('./cases.js').Case]} */ ...run) =>
    (await measure(...run, LOAD)).cpu ?? NaN;
  for (let round = -1; round < rounds; round++) {
    const verified = await costOf(bare, { path: '/verified', method: 'POST', type: FORM, body: token });
    const unverified = await costOf(bare, { path: '/unverified', method: 'POST', type: FORM, body: token });
    // The first round warms up.
    if (round >= 0) record('verification', verified - unverified);
    for (const [name, request] of Object.entries(cases)) {
      const cpu = await costOf(server, { path: '/oauth2/token', method: 'POST', type: FORM, ...request });
      if (round >= 0) record(name, cpu);
    }
  }
  report(alg, figures);
}

/** @param {string} alg @param {ReadonlyMap<string, readonly number[]>} figures */
function report(alg, figures) {
  const of = (/** @type {string} */ name) => figures.get(name) ?? [];
  console.log(`${alg}: verification ${median([...of('verification')]).toFixed(1)} µs`);
  for (const [name, values] of figures) {
    if (name === 'verification') continue;
    const over = values.map(
      (value, round) => value - (of('secret')[round] ?? NaN) - (of('verification')[round] ?? NaN),
    );
    const more =
      name === 'secret' ? '' : `, ${median(over).toFixed(1)} µs over the secret and the verification`;
    console.log(`  ${name}: ${median([...values]).toFixed(1)} µs${more}`);
  }
}
