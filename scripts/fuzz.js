// Sends generated requests to every route of the OpenAPI document of the built service, and tokens that nobody issued
// to /verify. Fails on any answer 5xx, any that does not come, any that the document does not describe, and any token
// that is called good and was not issued. Needs `npm run build` before it. Leaves nothing running.
//
// npm run fuzz [-- --count 100000 --seconds 240 --seed 7 --width 16]
import { randomInt } from 'node:crypto';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DocumentedAnswers } from './fuzz/documented-answers.js';
import { RequestGenerator } from './fuzz/generated-requests.js';
import { mutatedToken } from './fuzz/mutated-tokens.js';
import {
  basic,
  cleanUp,
  form,
  json,
  makeClient,
  request,
  scratchFolder,
  startService,
  within,
} from './support/built-service.js';
import { Random } from './support/random.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    width: { type: 'string', default: '16' },
  },
});
const [count, seconds, seed, width] = ['count', 'seconds', 'seed', 'width'].map((name) =>
  Number(values[name]),
);

/** How long an answer may take, in milliseconds. */
const PATIENCE = 10_000;
/** How often tokens are asked for anew: requests may revoke them, and the keys that signed them. */
const RENEWAL = 1_000;
const FAULTS_SHOWN = 20;
const ISSUER = 'https://identity.example';
const AUDIENCES = ['logging-service', 'reporting'];
const SETTINGS = {
  JWT_ISSUER: ISSUER,
  JWT_ALGORITHM: 'ES256|HS256',
  AUDIENCE_ALGORITHMS: 'logging-service=HS256|ES256',
  TOKEN_ENDPOINT_AUTH: 'none',
  AUTH_FAILURE_MAX: '0',
};

/** Routes with weights; tokens are where most may go wrong, and each rotation makes keys that are kept. */
const WEIGHTS = {
  'POST /verify': 8,
  'POST /token': 4,
  'POST /oauth2/token': 4,
  'POST /admin/keys/rotate': 0.1,
  'GET /metrics': 0.2,
  'DELETE /admin/clients/{id}': 0.3,
};

const agent = new http.Agent({ keepAlive: true, maxSockets: width });

/** One request as it stands, with an answer or the reason why there is none. */
function send(origin, { method, path, headers, body }) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const length = body === undefined ? {} : { 'content-length': body.length };
    let call;
    try {
      call = http.request({ hostname, port, method, path, agent, headers: { ...length, ...headers } });
    } catch (error) {
      // No client could send it.
      resolve({ unsendable: error.code });
      return;
    }
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE);
    const finish = (outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    call.on('error', (error) => finish({ error, wasReused: call.reusedSocket }));
    call.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) => finish({ error }));
      response.on('end', () =>
        finish({
          status: response.statusCode,
          headers: response.headers,
          type: response.headers['content-type']?.split(';')[0],
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    call.end(body);
  });
}

/** An address and credentials of a running service, and what a caller of it knows. */
async function prepare() {
  const cwd = scratchFolder();
  const administrator = ['--audience', ISSUER, '--scope', 'identity:admin'];
  const admin = await makeClient({ cwd }, SETTINGS, 'admin', ...administrator);
  const options = AUDIENCES.flatMap((name) => ['--audience', name]);
  const scopes = ['logs:read', 'logs:write'].flatMap((name) => ['--scope', name]);
  const more = ['--default-audience', AUDIENCES[0], '--claim', 'tenant', '--may-act-for', 'user-*'];
  const worker = await makeClient({ cwd }, SETTINGS, 'worker', ...options, ...scopes, ...more);
  const service = await startService(SETTINGS, { cwd });
  const world = {
    issuer: ISSUER,
    audiences: AUDIENCES,
    clients: [worker],
    targets: [{ id: 'nobody', secretIds: ['0123456789abcdef'] }],
    made: 0,
    tokens: [],
    issued: new Set(),
    publicKeys: [],
    bearer: '',
  };
  const grant = async (client, parameters) => {
    const answer = await request(
      `${service.url}/oauth2/token`,
      form({ grant_type: 'client_credentials', ...parameters }, basic(client)),
    );
    if (answer.status !== 200) throw new Error(`no token for ${client.id}: ${answer.text}`);
    return answer.body.access_token;
  };
  const administer = async (path, value = {}) => {
    for (let attempt = 0; ; attempt++) {
      const headers = { authorization: `Bearer ${world.bearer}` };
      const { status, text, body } = await request(service.url + path, json(value, headers));
      if (status === 201) return body;
      // A request that was generated may have revoked the key that signed the token.
      if (status !== 401 || attempt === 5) throw new Error(`${path}: ${status} ${text}`);
      world.bearer = await grant(admin, { scope: 'identity:admin' });
    }
  };
  const renew = async () => {
    world.bearer = await grant(admin, { scope: 'identity:admin' });
    const issued = [];
    for (const audience of AUDIENCES) issued.push(await grant(worker, { audience }));
    const own = await request(`${service.url}/token`, json({ sub: 'user-1', aud: AUDIENCES }));
    if (own.status === 200) issued.push(own.body.token);
    // Those of before stay: the next requests find out what became of them.
    for (const token of issued) world.issued.add(token);
    world.tokens = [...issued, ...world.tokens].slice(0, 12);
    const { body } = await request(`${service.url}/.well-known/jwks.json`);
    world.publicKeys = body.keys.slice(-4).map((key) => JSON.stringify(key));
    // Clients that requests may change and remove as they like; every second one has two secrets, of which one may end.
    for (let index = 0; index < 4; index++) {
      const id = `target-${++world.made}`;
      const { secrets } = await administer('/admin/clients', { client_id: id, audiences: AUDIENCES });
      const secretIds = [secrets[0].secret_id];
      if (index % 2 === 0) secretIds.push((await administer(`/admin/clients/${id}/secrets`)).secret_id);
      world.targets = [{ id, secretIds }, ...world.targets].slice(0, 12);
    }
  };
  const { body: document } = await request(`${service.url}/openapi.json`);
  return { service, world, renew, document };
}

/** A token that is surely none that was issued, sent to /verify for an audience that it may have. */
function tokenRequest(random, world) {
  const token = mutatedToken(random, world.tokens, world.publicKeys);
  const body = Buffer.from(JSON.stringify({ token, aud: random.pick(world.audiences) }));
  return {
    method: 'POST',
    pattern: '/verify',
    path: '/verify',
    headers: { 'content-type': 'application/json' },
    body,
  };
}

function describeRequest({ method, path, headers, body }) {
  const short = (text) => (text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text);
  return short(
    `${method} ${path} ${JSON.stringify(headers)} ${body === undefined ? '' : JSON.stringify(body.toString())}`,
  );
}

async function fuzz() {
  const { service, world, renew, document } = await prepare();
  const answers = new DocumentedAnswers(document);
  const generator = new RequestGenerator(document, world);
  const operations = new Map(
    answers.operations.map((each) => [each, WEIGHTS[`${each.method} ${each.pattern}`] ?? 1]),
  );
  // The document shows a token that was made for it.
  await renew();
  // The document shows a token that was made for it.
  world.issued.add(document.components.schemas.VerifyRequest.properties.token.example);
  const routes = new Set(answers.operations.map(({ method, pattern }) => `${method} ${pattern}`));
  const statuses = new Map();
  const faults = new Map();
  let [sent, unsendable, slowest] = [0, 0, 0];
  const begun = performance.now();
  const isOver = () =>
    sent >= count || performance.now() - begun > seconds * 1000 || faults.size >= FAULTS_SHOWN;

  const blame = (number, made, fault) => {
    const key = `${made.method} ${made.pattern ?? made.path.slice(0, 40)}: ${fault}`;
    if (!faults.has(key)) faults.set(key, `request ${number}: ${describeRequest(made)}`);
  };
  const one = async (number) => {
    const random = new Random(seed + number * 7_919);
    const made = random.chance(0.15)
      ? tokenRequest(random, world)
      : generator.next(random, random.weighted(operations));
    const since = performance.now();
    let answer = await send(service.url, made);
    // A server may close a connection that idles at the very moment when a request is sent on it.
    if (answer.wasReused && answer.error.code === 'ECONNRESET') answer = await send(service.url, made);
    slowest = Math.max(slowest, performance.now() - since);
    if (answer.unsendable) {
      unsendable++;
      return;
    }
    // Node answers headers that are too long before it knows of the method, and with a body; HEAD must have none.
    if (made.method === 'HEAD' && answer.error?.code === 'HPE_CLOSED_CONNECTION') return;
    if (answer.error) {
      blame(number, made, `no answer (${answer.error.message})`);
      return;
    }
    const row = routes.has(`${made.method} ${made.pattern}`)
      ? `${made.method} ${made.pattern}`
      : made.pattern
        ? 'other methods'
        : 'other addresses';
    const counts = statuses.get(row) ?? statuses.set(row, new Map()).get(row);
    counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
    const fault = answers.faultOf(made, answer);
    if (fault) blame(number, made, `${fault} (${answer.text.slice(0, 200)})`);
    if (made.pattern === '/verify' && answer.status === 200) {
      const { token } = JSON.parse(made.body);
      if (!world.issued.has(token)) blame(number, made, 'a token that nobody issued is called good');
    }
  };

  const work = async () => {
    while (!isOver()) {
      const number = ++sent;
      if (number % RENEWAL === 0) await renew();
      await one(number);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  const took = (performance.now() - begun) / 1000;
  // A fault that shows only afterwards: the process must be there, and well.
  await delay(100);
  const alive = await request(`${service.url}/health/ready`).catch((error) => ({ status: error.message }));
  if (alive.status !== 200) faults.set(`not ready at the end: ${alive.status}`, service.output.slice(-2_000));
  service.child.kill('SIGTERM');
  const code = await within(service.ended, 'the end');
  if (code !== 0) faults.set(`ended ${code} when it was told to stop`, service.output.slice(-2_000));
  for (const { msg, err } of service.entries) {
    if (err || msg === 'internal error')
      faults.set(`in the log: ${msg}`, JSON.stringify(err).slice(0, 2_000));
  }
  // Else the requests were refused at the door, and showed nothing of what is behind.
  for (const { method, pattern } of answers.operations) {
    const counts = statuses.get(`${method} ${pattern}`) ?? new Map();
    const isGood = [...counts.keys()].some((status) => status < 300);
    if (!isGood && sent >= 10_000) faults.set(`${method} ${pattern}: never answered with success`, '');
  }

  for (const [route, counts] of [...statuses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const list = [...counts].sort(([a], [b]) => a - b).map(([status, times]) => `${status} ×${times}`);
    console.log(`${route.padEnd(52)} ${list.join('  ')}`);
  }
  console.log(
    `${sent} requests in ${took.toFixed(1)} s (${Math.round(sent / took)} a second), the slowest answered in ` +
      `${Math.round(slowest)} ms; ${unsendable} that no client could send`,
  );
  for (const [fault, where] of faults) console.error(`\nFAULT ${fault}\n  ${where}`);
  if (faults.size > 0) {
    console.error(`\n${faults.size} faults with --seed ${seed}`);
    process.exitCode = 1;
  } else console.log(`ok: no fault with --seed ${seed}`);
}

console.log(`--seed ${seed}`);
try {
  await fuzz();
} finally {
  agent.destroy();
  cleanUp();
}
