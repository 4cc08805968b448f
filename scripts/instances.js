// Tries three instances of the built service behind nginx (deploy/nginx.conf), on one PostgreSQL and one Redis, under
// steady load: one is killed, all are restarted one by one, PostgreSQL is away for 20 seconds, and Redis silent for 20.
// No token that was issued may become unverifiable, no answered revocation or change be forgotten, no request be answered
// wrongly, and all must recover without help. Needs `npm run build` before it, and Debian's PostgreSQL, Redis and nginx.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  basic,
  form,
  json,
  makeClient,
  request,
  runChecks,
  scratchFolder,
  startService,
  until,
  within,
} from './support/built-service.js';
import { freePort } from './support/free-port.js';
import { Nginx } from './support/nginx.js';
import { needPackages, startPostgres, startRedis } from './support/servers.js';
import { SteadyLoad } from './support/steady-load.js';
import { TcpProxy } from './support/tcp-proxy.js';

needPackages('postgresql', 'redis-server', 'nginx-light');

const INSTANCES = 3;
const OUTAGE = 20_000;
/** How soon a revocation holds on every instance (2 s by the contract), with a margin for a busy machine. */
const EVERYWHERE = 4_000;
/** How soon all is as before when what was away is back. */
const RECOVERY = 15_000;
const AUDIENCE = 'logging-service';

const ADMINISTRATOR = ['--audience', 'identity-backend', '--scope', 'identity:admin'];

/** What was told to callers of the instances, and may be asked of them at any time. */
class Ledger {
  /** Tokens by what is known of them: `good`, `asked` for revocation, `revoked` at a time, or `unknown`. */
  #tokens = new Map();
  #outages = [];

  issued(token) {
    this.#tokens.set(token, { state: 'good' });
  }

  set(token, state) {
    this.#tokens.set(token, { state, since: Date.now() });
  }

  outage() {
    const outage = { begun: Date.now(), ended: Infinity };
    this.#outages.push(outage);
    return outage;
  }

  tokens(state) {
    return [...this.#tokens].filter(([, entry]) => entry.state === state).map(([token]) => token);
  }

  /** @returns whether a question now must be answered `valid`, or `token_revoked`; nothing where both are right */
  expected(token) {
    const { state, since } = this.#tokens.get(token);
    if (state === 'good') return 'valid';
    if (state !== 'revoked') return undefined;
    const due = this.#outages.reduce(
      // Who was not told before the database went hears of it when it is back.
      (time, { begun, ended }) => (begun < time && ended > since ? Math.max(time, ended + RECOVERY) : time),
      since + EVERYWHERE,
    );
    return Date.now() > due ? 'token_revoked' : undefined;
  }
}

class Installation {
  ledger = new Ledger();
  counts = new Map();
  /** What is away now: the database, or an instance that was killed. */
  databaseAway = false;
  /** Whether the database is surely away: what is refused now has not been written. */
  databaseIsGone = false;
  killing = false;
  instances = [];

  async start() {
    const database = new TcpProxy(await startPostgres());
    await database.open();
    this.database = database;
    this.redis = await startRedis();
    this.settings = {
      NODE_ENV: 'production',
      KEY_ENCRYPTION_KEY: 'key-of-the-instances-that-no-service-uses-0123456789',
      DATABASE_URL: `postgres://postgres@127.0.0.1:${database.port}/postgres`,
      REDIS_URL: `redis://127.0.0.1:${this.redis.port}`,
      JWT_ALGORITHM: 'ES256|HS256',
      TRUST_PROXY: '127.0.0.1',
      RATE_LIMIT_MAX: '1000000',
    };
    const cwd = scratchFolder();
    this.admin = await makeClient({ cwd }, this.settings, 'admin', ...ADMINISTRATOR);
    this.worker = await makeClient({ cwd }, this.settings, 'worker', '--audience', AUDIENCE);
    this.ports = [];
    for (let index = 0; index < INSTANCES; index++) this.ports.push(await freePort());
    await Promise.all(this.ports.map((_, index) => this.run(index)));
    this.nginx = new Nginx(this.ports);
    await this.nginx.start();
  }

  async run(index) {
    this.instances[index] = await startService({ ...this.settings, PORT: String(this.ports[index]) });
  }

  /** @param origin of one instance; else whichever nginx chooses */
  async ask(path, options = {}, origin = this.nginx.url) {
    const begun = { ...this };
    const answer = await request(origin + path, options);
    const count = `${path.replace(/(clients)\/.*/, '$1/…')} ${answer.status}`;
    this.counts.set(count, (this.counts.get(count) ?? 0) + 1);
    const databaseWasAway = begun.databaseAway || this.databaseAway;
    const mayBeCutOff = answer.status === 502 && (begun.killing || this.killing);
    const mayBeRefused = answer.status === 503 && databaseWasAway;
    if (mayBeRefused) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, `503 of ${path}`);
    const changedNothing = mayBeRefused && begun.databaseIsGone && this.databaseIsGone;
    return { ...answer, mayBeCutOff, mayBeRefused, changedNothing };
  }

  grant(client, parameters = {}) {
    return this.ask(
      '/oauth2/token',
      form({ grant_type: 'client_credentials', ...parameters }, basic(client)),
    );
  }

  verify(token, origin) {
    return this.ask('/verify', json({ token, aud: AUDIENCE }), origin);
  }

  async ready() {
    for (const { url } of this.instances) {
      const { body } = await request(`${url}/health/ready`);
      if (body?.status !== 'ok') return false;
    }
    return true;
  }

  printCounts(what) {
    const text = [...this.counts].sort().map(([name, count]) => `${name} ×${count}`);
    console.log(`    ${what}: ${text.join(', ')}`);
    this.counts.clear();
  }
}

function wrong(what, { status, text }) {
  return new Error(`${what} was answered ${status} ${text.slice(0, 300)}`);
}

const pick = (items) => items[Math.floor(Math.random() * items.length)];

const all = new Installation();
const load = new SteadyLoad();
const changes = new Map();

function addCallers() {
  const { ledger } = all;
  load.add(30, async () => {
    const answer = await all.grant(all.worker);
    if (answer.status === 200) ledger.issued(answer.body.access_token);
    else if (!answer.mayBeCutOff) throw wrong('/oauth2/token', answer);
  });
  load.add(60, async () => {
    // nginx asks another instance where one is gone: this is never cut off.
    const answer = await all.ask('/token', json({ sub: 'worker', aud: AUDIENCE }, basic(all.worker)));
    if (answer.status !== 200) throw wrong('/token', answer);
    ledger.issued(answer.body.token);
  });
  for (let caller = 0; caller < 3; caller++) {
    load.add(15, async () => {
      const token = pick(ledger.tokens(pick(['good', 'good', 'revoked', 'asked'])));
      if (token === undefined) return;
      const before = ledger.expected(token);
      const answer = await all.verify(token);
      const said = answer.status === 200 ? 'valid' : answer.body?.code;
      const after = ledger.expected(token);
      // What changed while the question was on its way may be answered either way.
      const allowed = before === after && before ? [before] : ['valid', 'token_revoked'];
      if (!allowed.includes(said)) throw wrong(`/verify of a token that is ${allowed}`, answer);
    });
  }
  load.add(150, async () => {
    const token = pick(ledger.tokens('good'));
    if (token === undefined) return;
    ledger.set(token, 'asked');
    const answer = await all.ask('/oauth2/revoke', form({ token }, basic(all.worker)));
    if (answer.status === 200) ledger.set(token, 'revoked');
    else if (answer.changedNothing) ledger.set(token, 'good');
    // It may have been written before the connection to the database ended.
    else if (answer.mayBeRefused || answer.mayBeCutOff) ledger.set(token, 'unknown');
    else throw wrong('/oauth2/revoke', answer);
  });
  let number = 0;
  load.add(400, async () => {
    const granted = await all.grant(all.admin, { scope: 'identity:admin' });
    if (granted.mayBeCutOff) return;
    if (granted.status !== 200) throw wrong('a token for the administrator', granted);
    const headers = { authorization: `Bearer ${granted.body.access_token}` };
    const id = `client-${++number}`;
    const made = await all.ask('/admin/clients', json({ client_id: id, audiences: [AUDIENCE] }, headers));
    if (made.status === 201) changes.set(id, { id, secret: made.body.client_secret });
    else if (!made.mayBeRefused && !made.mayBeCutOff) throw wrong('POST /admin/clients', made);
  });
  load.add(200, async () => {
    const answer = await all.ask('/.well-known/jwks.json');
    if (answer.status !== 200) throw wrong('the key set', answer);
  });
}

/** Whether requests from one address are counted over all instances: what is left goes down one by one. */
async function limitsAreShared(address) {
  const left = [];
  for (let index = 0; index < 2 * INSTANCES; index++) {
    const { headers } = await all.ask('/verify', { ...json({}), localAddress: address });
    left.push(Number(headers['ratelimit-remaining']));
  }
  return left.every((value, index) => index === 0 || value === left[index - 1] - 1);
}

/** Asks about every token: those that are good in turn, those that were revoked every instance. */
async function expectAllRemembered() {
  const { ledger, instances } = all;
  const good = ledger.tokens('good').map((token, index) => [token, 'valid', [instances[index % INSTANCES]]]);
  const revoked = ledger.tokens('revoked').map((token) => [token, 'token_revoked', instances]);
  const questions = [...good, ...revoked].flatMap(([token, expected, asked]) =>
    asked.map(({ url }) => ({ token, expected, url })),
  );
  const count = questions.length;
  const work = async () => {
    for (let question = questions.pop(); question !== undefined; question = questions.pop()) {
      const { status, body } = await all.verify(question.token, question.url);
      assert.equal(status === 200 ? 'valid' : body.code, question.expected);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  for (const { url } of instances) {
    for (const client of changes.values()) {
      const grant = form({ grant_type: 'client_credentials' }, basic(client));
      const { status } = await request(`${url}/oauth2/token`, grant);
      assert.equal(status, 200, `${client.id}, which was made`);
    }
  }
  console.log(
    `    ${count} questions: ${good.length} tokens are good, ${revoked.length} revoked, ` +
      `${ledger.tokens('unknown').length} were not answered; ${changes.size} clients were made and are known`,
  );
}

await runChecks({
  async 'three instances start together on an empty database'() {
    await all.start();
    assert.ok(await all.ready());
    addCallers();
    await load.goOn(4_000);
    assert.ok(all.ledger.tokens('good').length > 20, 'there is no load');
    assert.ok(await limitsAreShared('127.0.0.21'), 'limits are not counted together');
    all.printCounts('answers');
  },

  async 'one that is killed costs no more than the requests on their way to it'() {
    all.killing = true;
    all.instances[0].child.kill('SIGKILL');
    await all.instances[0].ended;
    await load.goOn(1_000);
    all.killing = false;
    await load.goOn(4_000);
    await all.run(0);
    await load.goOn(3_000);
    const cutOff = [...all.counts]
      .filter(([name]) => name.endsWith(' 502'))
      .reduce((sum, [, count]) => sum + count, 0);
    // No more than the callers had under way, and one that found nobody there.
    assert.ok(cutOff <= 4, `${cutOff} requests were cut off`);
    all.printCounts('answers');
  },

  async 'restarting one after another costs nothing'() {
    for (const [index, instance] of all.instances.entries()) {
      await all.nginx.leaveOut(all.ports[index]);
      await load.goOn(500);
      instance.child.kill('SIGTERM');
      assert.equal(await within(instance.ended, 'the end'), 0);
      await all.run(index);
      await all.nginx.leaveOut(undefined);
      await load.goOn(1_000);
    }
    all.printCounts('answers');
  },

  async 'while PostgreSQL is away for 20 seconds, tokens are issued and verified, and changes refused'() {
    const outage = all.ledger.outage();
    all.databaseAway = true;
    await all.database.cut();
    await load.goOn(1_000);
    all.databaseIsGone = true;
    await load.goOn(OUTAGE - 1_000);
    all.databaseIsGone = false;
    const refused = all.counts.get('/oauth2/revoke 503') ?? 0;
    assert.ok(refused > 0, 'no revocation was refused');
    await all.database.open();
    const back = Date.now();
    outage.ended = back;
    await until('all are as before', () => all.ready(), RECOVERY);
    await load.goOn(100);
    console.log(`    all ready ${Date.now() - back} ms after it came back`);
    // Changes that were asked for while it was away may still be answered.
    await load.goOn(2_000);
    all.databaseAway = false;
    all.counts.delete('/oauth2/revoke 200');
    await load.goOn(3_000);
    assert.ok(all.counts.get('/oauth2/revoke 200') > 0, 'nothing is revoked any more');
    all.printCounts('answers');
  },

  async 'while Redis is silent for 20 seconds, each counts for itself'() {
    process.kill(all.redis.pid, 'SIGSTOP');
    await load.goOn(OUTAGE);
    process.kill(all.redis.pid, 'SIGCONT');
    const back = Date.now();
    let address = 22;
    await until('limits are counted together', () => limitsAreShared(`127.0.0.${address++}`), RECOVERY);
    console.log(`    counted together ${Date.now() - back} ms after it came back`);
    await load.goOn(1_000);
    all.printCounts('answers');
  },

  async 'every instance knows of every token, revocation and client that was answered'() {
    await load.stop();
    await delay(EVERYWHERE);
    await expectAllRemembered();
  },
});
