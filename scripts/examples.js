// Tries the applications in examples/ with the built service, each in a process of its own, over HTTP: the two combined
// flows of the original (token, write a log; token, write, read) with the shared secret and with ES256 alone, tokens that
// must be refused, and the commands of docs/send-tokens.md. Needs `npm run build` before it. Leaves nothing running.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { REFUSAL_MESSAGES } from '../dist/index.js';
import { TestIssuer, TOKEN_FAULTS } from '../dist/testing/index.js';
import {
  basic,
  json,
  makeClient,
  request,
  ROOT,
  run,
  runChecks,
  scratchFolder,
  SECRET,
  startService,
  until,
  within,
} from './support/built-service.js';
import { buildExample, startExample } from './support/example.js';
import { freePort } from './support/free-port.js';

const folders = { logging: buildExample('logging-backend'), careergpt: buildExample('careergpt') };
const startLogging = (variables) => startExample(folders.logging, variables);
const startCareergpt = (variables) => startExample(folders.careergpt, variables);

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const LINE = { service: 'careergpt', level: 'INFO', message: 'Hello, Grüße', context: { user: 'user-42' } };

async function stop(process_) {
  process_.child.kill('SIGTERM');
  await within(process_.ended, 'the end');
  // Of a token even a part would be too much: each begins with this.
  assert.doesNotMatch(process_.output, /eyJ/, 'a token is in the log');
}

async function stopAll(...processes) {
  for (const each of processes) await stop(each);
}

/** The original's way: a token from POST /token, with a client or without. */
async function issue(service, body = {}, headers = {}) {
  const asked = { sub: 'careergpt', aud: 'logging-service', ...body };
  const answer = await request(`${service.url}/token`, json(asked, headers));
  assert.equal(answer.status, 200, answer.text);
  return answer.body.token;
}

/** What the original's two flows do, by hand and by careergpt. */
async function bothFlows({ logging, careergpt, token }) {
  const written = await request(`${logging.url}/log`, json(LINE, bearer(token)));
  assert.deepEqual([written.status, written.body], [201, { status: 'logged' }]);
  const read = await request(`${logging.url}/logs`, { headers: bearer(token) });
  assert.equal(read.status, 200);
  const [newest] = read.body.logs;
  assert.deepEqual(
    [newest.service, newest.level, newest.message, newest.context, newest.written_by],
    [...Object.values(LINE), 'careergpt'],
  );

  const advised = await request(`${careergpt.url}/advice`, json({ question: 'What next?' }));
  assert.deepEqual([advised.status, advised.body.logged], [201, true], careergpt.output);
  const activity = await request(`${careergpt.url}/activity`);
  assert.equal(activity.status, 200);
  assert.deepEqual(
    activity.body.logs.slice(0, 2).map(({ message }) => message),
    ['Gave advice', LINE.message],
  );
}

/** @param error the words of the answer */
async function refuses(logging, token, error, code) {
  const calls = [
    ['/log', json(LINE, bearer(token))],
    ['/logs', { headers: bearer(token) }],
    ['/logs/download', { headers: bearer(token) }],
    ['/logs/purge', json({}, bearer(token))],
  ];
  for (const [path, options] of calls) {
    const { status, body, headers } = await request(logging.url + path, options);
    assert.deepEqual([status, body?.error, body?.code], [401, error, code], path);
    assert.match(headers['www-authenticate'], /^Bearer realm="logging-service", error="invalid_token"/);
  }
}

const withSharedSecret = { JWT_SECRET_KEY: SECRET, TOKEN_ENDPOINT_AUTH: 'none' };

/** The service with ES256 alone and no shared secret anywhere, and a registered client. */
async function startWithoutSecret() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    JWT_ALGORITHM: 'ES256',
    JWT_SECRET_KEY: '',
    JWT_ISSUER: url,
    PORT: String(port),
    TOKEN_ENDPOINT_AUTH: 'required',
  };
  const cwd = scratchFolder();
  const audiences = ['--audience', 'logging-service', '--audience', 'billing'];
  const client = await makeClient({ cwd }, settings, 'careergpt', ...audiences);
  return { service: await startService(settings, { cwd }), client };
}

const checks = {
  async 'the two flows, with the shared secret'() {
    const service = await startService(withSharedSecret);
    const logging = await startLogging({ JWT_SECRET_KEY: SECRET });
    const careergpt = await startCareergpt({ IDENTITY_URL: service.url, LOGGING_URL: logging.url });
    await bothFlows({ logging, careergpt, token: await issue(service) });

    const shown = await Promise.all(
      [service, logging].map(({ url }) => request(`${url}/debug-env?nonce=check-1`)),
    );
    const [ours, theirs] = shown.map(({ body }) => body);
    assert.match(ours.JWT_SECRET_KEY.fingerprint, /^[0-9a-f]{16}$/);
    assert.equal(theirs.JWT_SECRET_KEY.fingerprint, ours.JWT_SECRET_KEY.fingerprint);
    assert.equal(theirs.JWT_ISSUER, ours.JWT_ISSUER);
    const doctor = run(
      process.execPath,
      [join(ROOT, 'dist/cli/identity-backend.js'), 'doctor', '--peer', logging.url],
      { variables: withSharedSecret, cwd: service.cwd },
    );
    assert.equal(await doctor.ended, 0, doctor.output);
    assert.match(doctor.output, /^ok +The peer has the same shared secret$/m);
    assert.match(doctor.output, /^ok +The peer has the same JWT_ISSUER$/m);
    await stopAll(careergpt, logging, service);
  },

  async 'the two flows, with ES256 and no shared secret, the keys found by the metadata'() {
    const { service, client } = await startWithoutSecret();
    const logging = await startLogging({ JWT_ISSUER: service.url });
    const careergpt = await startCareergpt({
      IDENTITY_URL: service.url,
      IDENTITY_CLIENT_ID: client.id,
      IDENTITY_CLIENT_SECRET: client.secret,
      LOGGING_URL: logging.url,
    });
    const token = await issue(service, {}, basic(client));
    await bothFlows({ logging, careergpt, token });
    const { body } = await request(`${logging.url}/debug-env`);
    assert.deepEqual(body.JWT_SECRET_KEY, { set: false });

    await refuses(
      logging,
      await issue(service, { aud: 'billing' }, basic(client)),
      'Invalid audience',
      'invalid_audience',
    );
    const foreign = new TestIssuer({ issuer: service.url, audience: 'logging-service' });
    await refuses(logging, await foreign.token(), 'Invalid signature', 'invalid_signature');
    const shared = new TestIssuer({ issuer: service.url, audience: 'logging-service', algorithm: 'HS256' });
    await refuses(logging, await shared.token(), 'Invalid signature', 'invalid_signature');
    const short = await issue(service, { expires_in: 1 }, basic(client));
    const state = () => request(`${logging.url}/logs`, { headers: bearer(short) });
    await until('the token expires', async () => (await state()).status === 401, 10_000);
    await refuses(logging, short, 'Token expired', 'token_expired');

    await stop(service);
    const afterwards = await request(`${logging.url}/log`, json(LINE, bearer(token)));
    assert.equal(afterwards.status, 201, 'it knows the keys while the issuer is away');
    await stopAll(careergpt, logging);
  },

  async 'ES256 by the address of the keys; a service that trusts another issuer'() {
    const { service, client } = await startWithoutSecret();
    const jwks = { JWT_JWKS_URI: `${service.url}/.well-known/jwks.json` };
    const token = await issue(service, {}, basic(client));
    const logging = await startLogging({ ...jwks, JWT_ISSUER: service.url, JWT_ALGORITHM: 'ES256' });
    assert.equal((await request(`${logging.url}/log`, json(LINE, bearer(token)))).status, 201);
    const other = await startLogging({ ...jwks, JWT_ISSUER: 'https://another.example' });
    await refuses(other, token, 'Invalid issuer', 'invalid_issuer');
    await stopAll(other, logging, service);
  },

  async 'tokens that must be refused, and requests without one'() {
    const logging = await startLogging({ JWT_SECRET_KEY: SECRET });
    const issuer = new TestIssuer({
      issuer: 'identity-backend',
      audience: 'logging-service',
      algorithm: 'HS256',
      secret: SECRET,
    });
    assert.equal(
      (await request(`${logging.url}/logs`, { headers: bearer(await issuer.token()) })).status,
      200,
    );
    for (const [fault, code] of Object.entries(TOKEN_FAULTS)) {
      await refuses(logging, await issuer.badToken(fault), REFUSAL_MESSAGES[code], code);
    }
    await refuses(logging, 'no-token', 'Invalid token', 'malformed_token');

    for (const path of ['/logs', '/logs/download']) {
      const { status, body, headers } = await request(logging.url + path);
      assert.deepEqual([status, body.error], [401, 'Missing bearer token']);
      assert.equal(headers['www-authenticate'], 'Bearer realm="logging-service"');
    }
    for (const path of ['/log', '/logs/purge']) {
      assert.equal((await request(logging.url + path, json(LINE))).status, 401);
    }
    assert.equal((await request(`${logging.url}/ping`)).text, 'OK');
    assert.equal((await request(`${logging.url}/debug-env`)).status, 200);
    const production = await startLogging({ JWT_SECRET_KEY: SECRET, NODE_ENV: 'production' });
    assert.equal(
      (await request(`${production.url}/debug-env`, { headers: bearer(await issuer.token()) })).status,
      404,
    );
    await stopAll(production, logging);
  },

  async 'logging-backend: what it refuses, and that it keeps within bounds'() {
    const logging = await startLogging({ JWT_SECRET_KEY: SECRET });
    await usesLog(logging, await goodToken());
    await stop(logging);
  },

  ...Object.fromEntries(
    Object.entries({
      PostgreSQL: [
        process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1/test',
        onPostgres,
        ' WITH (FORCE)',
      ],
      MariaDB: [process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1/test', onMysql, ''],
    }).map(([name, [address, execute, force]]) => [
      `logging-backend on ${name}`,
      async () => {
        const reason = await execute(address, 'SELECT 1').then(
          () => undefined,
          ({ message, code }) => message || code,
        );
        if (reason !== undefined) {
          console.log(`    left out, as it does not answer: ${reason}`);
          return;
        }
        const database = `identity_example_${randomBytes(8).toString('hex')}`;
        await execute(address, `CREATE DATABASE ${database}`);
        try {
          const url = Object.assign(new URL(address), { pathname: `/${database}` }).href;
          const logging = await startLogging({ JWT_SECRET_KEY: SECRET, LOG_DB_URL: url });
          await usesLog(logging, await goodToken());
          await stop(logging);
        } finally {
          await execute(address, `DROP DATABASE ${database}${force}`);
        }
      },
    ]),
  ),

  async 'careergpt answers while the log or the issuer is away, and says so'() {
    const away = `http://127.0.0.1:${await freePort()}`;
    const service = await startService(withSharedSecret);
    const withoutLog = await startCareergpt({ IDENTITY_URL: service.url, LOGGING_URL: away });
    const withoutIssuer = await startCareergpt({ IDENTITY_URL: away, LOGGING_URL: away });
    for (const careergpt of [withoutLog, withoutIssuer]) {
      const advised = await request(`${careergpt.url}/advice`, json({ question: 'What next?' }));
      assert.deepEqual([advised.status, advised.body.logged], [201, false]);
      assert.equal((await request(`${careergpt.url}/activity`)).status, 502);
      assert.equal((await request(`${careergpt.url}/advice`, json({}))).status, 400);
    }
    await stopAll(withoutLog, withoutIssuer, service);
  },

  async 'neither starts with settings that are wrong, nor repeats them'() {
    const wrong = [
      { JWT_SECRET_KEY: 'too-short-marker' },
      { JWT_ISSUER: 'no-url-marker' },
      { JWT_SECRET_KEY: SECRET, LOG_DB_URL: 'oracle://user:password-marker@host/db' },
      { JWT_SECRET_KEY: SECRET, JWT_ALGORITHM: 'none' },
    ];
    for (const variables of wrong) {
      const refused = run(process.execPath, [join(folders.logging, 'dist/main.js')], { variables });
      assert.equal(await within(refused.ended, 'the refusal'), 1, refused.output);
      assert.doesNotMatch(refused.output, /marker/);
    }
  },

  async 'the commands of docs/send-tokens.md'() {
    const service = await startService(withSharedSecret);
    const logging = await startLogging({ JWT_SECRET_KEY: SECRET });
    const document = readFileSync(join(ROOT, 'docs/send-tokens.md'), 'utf8');
    const blocks = [
      ...document.matchAll(/^```bash run-flow\n(?<script>.*?)^```$\n\n```json\n(?<answer>.*?)^```$/gms),
    ];
    assert.equal(blocks.length, 2, 'the two flows stand in the page');
    for (const { groups } of blocks) {
      const script = groups.script
        .replaceAll('http://127.0.0.1:3000', service.url)
        .replaceAll('http://127.0.0.1:4000', logging.url);
      const output = execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, NO_PROXY: '127.0.0.1' },
      });
      const answers = output
        .trim()
        .split('\n')
        .map((line) => shapeOf(JSON.parse(line)));
      const shown = groups.answer
        .trim()
        .split(/\n(?=\{)/)
        .map((text) => shapeOf(JSON.parse(text)));
      assert.deepEqual(answers, shown, script);
    }
    await stopAll(logging, service);
  },
};

function goodToken() {
  return new TestIssuer({
    issuer: 'identity-backend',
    audience: 'logging-service',
    algorithm: 'HS256',
    secret: SECRET,
  }).token({ sub: 'writer' });
}

/** Everything that logging-backend does with its database. */
async function usesLog(logging, token) {
  const write = (body) => request(`${logging.url}/log`, json(body, bearer(token)));
  const get = (path) => request(logging.url + path, { headers: bearer(token) });

  const missing = { error: 'Missing required fields', code: 'invalid_request' };
  for (const name of ['service', 'level', 'message']) {
    for (const value of [undefined, null, '']) {
      const answer = await write({ ...LINE, [name]: value });
      assert.deepEqual([answer.status, answer.body], [400, missing], `${name}: ${value}`);
    }
  }
  const deep = JSON.parse('{"a":'.repeat(17) + '1' + '}'.repeat(17));
  const wrong = [
    [{ ...LINE, service: 'x'.repeat(256) }, /^service must/],
    [{ ...LINE, level: 'not a level' }, /^level must/],
    [{ ...LINE, message: 1 }, /^message must/],
    [{ ...LINE, message: 'a\0b' }, /NUL/],
    [{ ...LINE, message: '\ud800' }, /Unicode/],
    [{ ...LINE, context: [] }, /^context must/],
    [{ ...LINE, context: deep }, /^context must/],
    [[], /^Missing required fields$/],
  ];
  for (const [body, words] of wrong) {
    const answer = await write(body);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.body.error, words);
  }
  assert.equal((await write({ ...LINE, message: 'x'.repeat(65_536) })).status, 413);
  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1&limit=2',
    'before=0',
    'before=-1',
    'before=9999999999',
  ]) {
    const answer = await get(`/logs?${query}`);
    assert.deepEqual([answer.status, answer.body?.code], [400, 'invalid_request'], query);
  }
  assert.deepEqual((await get('/logs')).body, { logs: [], next: null });
  assert.equal((await get('/logs/download')).text, '');

  // More than are read at a time, and one after another, so that their order is known.
  const count = 620;
  for (let index = 0; index < count; index++) {
    assert.equal((await write({ ...LINE, message: `line ${index}`, context: undefined })).status, 201);
  }
  assert.equal((await write({ ...LINE, message: 'two\nlines', context: { a: '\u0000' } })).status, 201);

  const seen = [];
  for (let before = ''; ;) {
    const { body } = await get(`/logs?limit=100${before}`);
    assert.ok(body.logs.length <= 100);
    seen.push(...body.logs);
    if (body.next === null) break;
    before = `&before=${body.next}`;
  }
  const [{ message, context, written_by }, ...others] = seen;
  assert.deepEqual([message, context, written_by], ['two\nlines', { a: '\u0000' }, 'writer']);
  assert.deepEqual(
    others.map((entry) => entry.message),
    Array.from({ length: count }, (_, index) => `line ${count - 1 - index}`),
  );
  assert.equal((await get('/logs')).body.logs.length, 50);

  const download = await get('/logs/download');
  assert.match(download.headers['content-type'], /^text\/plain; charset=utf-8/);
  assert.match(download.headers['content-disposition'], /^attachment/);
  const lines = download.text.trimEnd().split('\n');
  assert.equal(lines.length, count + 1);
  assert.match(lines[0], /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO careergpt \(writer\): line 0$/);
  assert.match(lines.at(-1), /: two\\u000alines \{"a":"\\u0000"\}$/);

  const purged = await request(`${logging.url}/logs/purge`, { method: 'POST', headers: bearer(token) });
  assert.deepEqual([purged.status, purged.body], [200, { status: 'purged' }]);
  assert.deepEqual((await get('/logs')).body, { logs: [], next: null });
}

/** The names and types of what is in a value of JSON. */
function shapeOf(value) {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

async function onPostgres(address, statement) {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}

async function onMysql(address, statement) {
  const connection = await createConnection({ uri: address, connectTimeout: 2_000 });
  try {
    await connection.query(statement);
  } finally {
    await connection.end().catch(() => {});
  }
}

const only = process.argv[2];
await runChecks(
  Object.fromEntries(Object.entries(checks).filter(([name]) => only === undefined || name.includes(only))),
);
