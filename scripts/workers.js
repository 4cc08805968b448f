// Tries the built service with several workers: what one of them answered holds on all, whoever dies is replaced, and
// every way to stop it ends every process. Needs `npm run build` before it. Leaves nothing running.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  basic,
  form,
  halfRequest,
  isRunning,
  json,
  MAIN,
  makeClient,
  request,
  run,
  runChecks,
  scratchFolder,
  SECRET,
  startService,
  until,
  within,
} from './support/built-service.js';

const WORKERS = 2;
/** How many requests follow each change at once: with turns, each worker gets its part. */
const AT_ONCE = 8;
const SETTINGS = {
  WORKERS: String(WORKERS),
  AUTH_FAILURE_MAX: '0',
  SWAGGER: 'false',
  JWT_ALGORITHM: 'ES256|HS256',
};

const start = (variables = {}, options = {}) =>
  startService({ ...SETTINGS, ...variables }, { workers: WORKERS, ...options });

const workersOf = (service) => service.entries.filter(({ msg }) => msg === 'listening').map(({ pid }) => pid);

/** The service with an administrator and a client, and what they ask of it. */
async function withClients(variables = {}) {
  const cwd = scratchFolder();
  const admin = await makeClient(
    { cwd },
    SETTINGS,
    'admin',
    '--audience',
    'identity-backend',
    '--scope',
    'identity:admin',
  );
  const client = await makeClient({ cwd }, SETTINGS, 'worker', '--audience', 'logging-service');
  const service = await start(variables, { cwd });
  const post = async (path, options) => {
    const answer = await request(service.url + path, options);
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  const grant = async (who, scope = {}) =>
    (await post('/oauth2/token', form({ grant_type: 'client_credentials', ...scope }, basic(who))))
      .access_token;
  const administer = async (method, path, value) => {
    const authorization = `Bearer ${await grant(admin, { scope: 'identity:admin' })}`;
    const answer = await request(service.url + path, { ...json(value ?? {}, { authorization }), method });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  const verify = (token) => request(`${service.url}/verify`, json({ token, aud: 'logging-service' }));
  return { service, client, post, grant, administer, verify };
}

/** Asks all workers the same at once; every answer must be the same. */
async function allAnswer(expected, ask, pick, when) {
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, ask));
  assert.deepEqual(new Set(answers.map(pick)), new Set([expected]), when);
}

async function stopInGoodOrder(
  service,
  signalled = (signal) => service.child.kill(signal),
  signal = 'SIGTERM',
) {
  const pids = [service.pid, ...workersOf(service)];
  const requests = await Promise.all(Array.from({ length: 6 }, () => halfRequest(service.url)));
  await delay(300);
  signalled(signal);
  await until('word that it is stopping', () => service.entries.some(({ msg }) => msg === 'stopping'));
  await delay(300);
  for (const answer of await within(Promise.all(requests.map((each) => each.finish())), 'the answers')) {
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n.*"token":"ey/s);
  }
  assert.equal(await within(service.ended, 'the end'), 0, 'exit code');
  assert.deepEqual(pids.filter(isRunning), [], 'processes that are left');
}

/** How a service that must not start ends, and that it leaves no process. */
async function refusal(variables, cwd = scratchFolder()) {
  const settings = { JWT_SECRET_KEY: SECRET, PORT: '0', ...SETTINGS, ...variables };
  const service = run(process.execPath, [MAIN], { variables: settings, cwd });
  const code = await within(service.ended, 'the refusal', 20_000);
  const pids = new Set(service.entries.map(({ pid }) => pid));
  await until('no worker is left', () => ![...pids].some(isRunning), 5_000);
  return { code, output: service.output };
}

const checks = {
  async 'a revocation that one worker answered holds at once on all'() {
    const { service, client, post, grant, verify } = await withClients();
    for (let round = 0; round < 150; round++) {
      const token = await grant(client);
      await allAnswer(
        200,
        () => verify(token),
        ({ status }) => status,
        'before',
      );
      await post('/oauth2/revoke', form({ token }, basic(client)));
      await allAnswer(
        'token_revoked',
        () => verify(token),
        ({ body }) => body.code,
        `round ${round}`,
      );
    }
    await until('both have written their log', () => service.answeredBy.size === WORKERS);
    console.log(
      `    150 revocations, ${150 * AT_ONCE} questions after them; answers by worker: ${[...service.answeredBy.values()].join(' and ')}`,
    );
    await stopInGoodOrder(service);
  },

  async 'revocations that several callers make at once hold at once'() {
    const { service, client, post, grant, verify } = await withClients();
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let round = 0; round < 20; round++) {
          const token = await grant(client);
          await post('/oauth2/revoke', form({ token }, basic(client)));
          await allAnswer(
            'token_revoked',
            () => verify(token),
            ({ body }) => body.code,
            `round ${round}`,
          );
        }
      }),
    );
    await stopInGoodOrder(service);
  },

  async 'a change of a client that one worker answered holds at once on all'() {
    const { service, client, administer } = await withClients();
    const ask = (who) => () =>
      request(`${service.url}/token`, json({ sub: who.id, aud: 'logging-service' }, basic(who)));
    const status = (answer) => answer.status;
    for (let round = 0; round < 25; round++) {
      await administer('PATCH', '/admin/clients/worker', { disabled: true });
      await allAnswer(401, ask(client), status, `disabled, round ${round}`);
      await administer('PATCH', '/admin/clients/worker', { disabled: false });
      await allAnswer(200, ask(client), status, `enabled, round ${round}`);
      const { client_secret, secret_id } = await administer('POST', '/admin/clients/worker/secrets');
      const second = { id: client.id, secret: client_secret };
      await allAnswer(200, ask(second), status, `second secret, round ${round}`);
      await administer('DELETE', `/admin/clients/worker/secrets/${secret_id}`);
      await allAnswer(401, ask(second), status, `secret that was ended, round ${round}`);
    }
    await administer('DELETE', '/admin/clients/worker');
    await allAnswer(401, ask(client), status, 'removed');
    await stopInGoodOrder(service);
  },

  async 'a key that one worker revoked is refused at once by all, and the next one signs'() {
    const { service, client, grant, administer, verify } = await withClients();
    for (let round = 0; round < 5; round++) {
      const token = await grant(client);
      await allAnswer(
        200,
        () => verify(token),
        ({ status }) => status,
        'before',
      );
      await administer('POST', '/admin/keys/rotate', { algorithm: 'ES256', revoke: true });
      await allAnswer(
        'invalid_signature',
        () => verify(token),
        ({ body }) => body.code,
        `round ${round}`,
      );
      const next = await grant(client);
      await allAnswer(
        200,
        () => verify(next),
        ({ status }) => status,
        `after, round ${round}`,
      );
    }
    await stopInGoodOrder(service);
  },

  async '/metrics adds up what all workers counted, and not what all of them know'() {
    const { service, client, grant, verify } = await withClients();
    const token = await grant(client);
    const count = 60;
    for (let index = 0; index < count; index++) await verify(token);
    for (let index = 0; index < 4; index++) {
      const { status, text } = await request(`${service.url}/metrics`);
      assert.equal(status, 200);
      const sample = (name) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${name} `))
            ?.split(' ')[1],
        );
      assert.equal(sample('identity_verifications_total{code="valid"}'), count);
      assert.equal(
        sample('identity_http_request_duration_seconds_count{method="POST",route="/verify",status="200"}'),
        count,
      );
      assert.equal(sample('identity_clients'), 2);
      assert.ok(sample('identity_knowledge_age_seconds') < 5);
    }
    await stopInGoodOrder(service);
  },

  async 'a worker that dies is replaced, others answer meanwhile, and its successor knows what was revoked'() {
    const { service, client, post, grant, verify } = await withClients();
    const token = await grant(client);
    await post('/oauth2/revoke', form({ token }, basic(client)));
    const [victim] = workersOf(service);
    let [answered, cutOff] = [0, 0];
    let goesOn = true;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (goesOn) {
          const answer = await verify(token).catch(() => undefined);
          if (answer) {
            assert.deepEqual([answer.status, answer.body.code], [401, 'token_revoked']);
            answered++;
          } else cutOff++;
          await delay(2);
        }
      }),
    );
    await delay(500);
    process.kill(victim, 'SIGKILL');
    await until('a third worker listens', () => workersOf(service).length === WORKERS + 1, 20_000);
    const successor = workersOf(service).at(-1);
    await until('the successor answers', () => service.answeredBy.has(successor), 10_000);
    goesOn = false;
    await load;
    assert.ok(service.entries.some(({ msg, worker }) => msg === 'a worker ended' && worker === victim));
    // No more than were on their way to the process that was killed.
    assert.ok(cutOff <= 4, `${cutOff} requests were cut off`);
    console.log(`    ${answered} requests answered, ${cutOff} cut off by the end of their worker`);
    await stopInGoodOrder(service);
  },

  async 'SIGTERM lets requests be answered on every worker, and exits 0'() {
    await stopInGoodOrder(await start());
  },

  async 'SIGINT and SIGTERM to the whole group do the same'() {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const service = await start();
      await stopInGoodOrder(service, (name) => process.kill(-service.pid, name), signal);
    }
  },

  async 'a second signal ends it at once'() {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const service = await start();
      const pids = [service.pid, ...workersOf(service)];
      await Promise.all(Array.from({ length: 4 }, () => halfRequest(service.url)));
      await delay(300);
      service.child.kill(signal);
      await until('word that it is stopping', () => service.entries.some(({ msg }) => msg === 'stopping'));
      // Within a second it would count as the same signal.
      await delay(1_300);
      const begun = Date.now();
      service.child.kill(signal);
      assert.equal(await within(service.ended, 'the end', 5_000), 1);
      await until('no process is left', () => !pids.some(isRunning), 5_000);
      console.log(`    ${signal}: ended within ${Date.now() - begun} ms`);
    }
  },

  async 'requests that never end hold it up for no longer than 10 seconds'() {
    const service = await start();
    await Promise.all(Array.from({ length: 4 }, () => halfRequest(service.url)));
    await delay(300);
    const begun = Date.now();
    service.child.kill('SIGTERM');
    const code = await within(service.ended, 'the end', 20_000);
    assert.ok(Date.now() - begun < 12_000, `it took ${Date.now() - begun} ms`);
    console.log(`    exit ${code} after ${Date.now() - begun} ms`);
  },

  async 'a primary process that is killed leaves no worker behind'() {
    const service = await start();
    const workers = workersOf(service);
    assert.equal(workers.length, WORKERS);
    process.kill(service.pid, 'SIGKILL');
    await until('no worker is left', () => !workers.some(isRunning), 5_000);
  },

  async 'does not start, and leaves no process, where the port is taken'() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (const workers of ['1', '2']) {
      const { code, output } = await refusal({ PORT: String(server.address().port), WORKERS: workers });
      assert.equal(code, 1);
      assert.match(output, /another program uses this port/);
    }
    server.close();
  },

  async 'exits 78 on wrong settings, whichever process finds them'() {
    const cwd = scratchFolder();
    await makeClient({ cwd }, SETTINGS, 'worker', '--audience', 'logging-service');
    const first = await start({ KEY_ENCRYPTION_KEY: 'a'.repeat(32) }, { cwd: scratchFolder() });
    await stopInGoodOrder(first);
    for (const [variables, folder] of [
      [{ WORKERS: '0' }],
      [{ WORKERS: 'two' }],
      [{ RATE_LIMIT_MAX: '-1' }],
      [{ DATABASE_URL: 'sqlite::memory:' }],
      // The keys in the database do not open: a worker finds out.
      [{ KEY_ENCRYPTION_KEY: 'b'.repeat(32) }, first.cwd],
    ]) {
      const { code, output } = await refusal(variables, folder);
      assert.equal(code, 78, output);
    }
  },

  async 'an error that nobody caught is logged, and ends the process with 1'() {
    for (const [fault, message] of [
      [`throw new Error('marker')`, 'uncaught'],
      [`Promise.reject(new Error('marker'))`, 'unhandled'],
    ]) {
      const script = `setTimeout(() => { ${fault} }, 4000)`;
      const variables = {
        WORKERS: '1',
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
      };
      const service = await startService({ ...SETTINGS, ...variables });
      assert.equal(await within(service.ended, 'the end', 15_000), 1);
      const entry = service.entries.find(({ msg }) => msg === message);
      assert.deepEqual([entry?.level, entry?.err.message], [60, 'marker']);
    }
  },

  async 'stops though nobody reads its log any more'() {
    const service = await startService({ ...SETTINGS, WORKERS: '1' });
    service.child.stdout.removeAllListeners('data');
    service.child.stdout.pause();
    for (let index = 0; index < 1_500; index++) await request(`${service.url}/nothing`);
    service.child.kill('SIGTERM');
    const begun = Date.now();
    const [code, signal] = await within(once(service.child, 'exit'), 'the end', 15_000);
    console.log(`    ${signal ?? `exit ${code}`} after ${Date.now() - begun} ms`);
  },
};

const only = process.argv[2];
await runChecks(
  Object.fromEntries(Object.entries(checks).filter(([name]) => only === undefined || name.includes(only))),
);
