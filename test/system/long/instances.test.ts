import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import { basicHeaders, bearerHeaders, type Credentials, form, json } from '../../support/http-request.js';
import { AUDIENCE, type ExcusedResponse, Installation } from '../../support/installation.js';
import { describeIfInstalled } from '../../support/installed.js';
import { Ledger } from '../../support/ledger.js';
import { POSTGRES_PROGRAM } from '../../support/private-server.js';
import { REDIS_PROGRAM } from '../../support/private-redis.js';
import { within } from '../../support/program.js';
import { SteadyLoad } from '../../support/steady-load.js';
import { until } from '../../support/until.js';

const INSTANCES = 3;
const OUTAGE_MS = 20_000;
/** How soon a revocation holds on every instance (2 s by the contract), with a margin for a busy machine. */
const EVERYWHERE_MS = 4_000;
/** How soon everything works again after an outage. */
const RECOVERY_MS = 15_000;

const PROGRAMS = {
  postgresql: POSTGRES_PROGRAM,
  'redis-server': REDIS_PROGRAM,
  'nginx-light': '/usr/sbin/nginx',
};

const wrong = (what: string, { status, text }: ExcusedResponse): Error =>
  new Error(`${what} was answered ${status} ${text.slice(0, 300)}`);

function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

/** Callers of the instances under steady load, and the responses they got. */
class Callers {
  readonly ledger = new Ledger({ everywhereMs: EVERYWHERE_MS, recoveryMs: RECOVERY_MS });
  readonly load = new SteadyLoad();
  /** The clients that were made. */
  readonly made = new Map<string, Credentials>();

  constructor(private readonly all: Installation) {
    this.load.add(30, () => this.grant());
    this.load.add(60, () => this.issue());
    for (let caller = 0; caller < 3; caller++) this.load.add(15, () => this.verify());
    this.load.add(150, () => this.revoke());
    this.load.add(400, () => this.makeClient());
    this.load.add(200, async () => {
      const response = await all.ask('/.well-known/jwks.json');
      if (response.status !== 200) throw wrong('the key set', response);
    });
  }

  private async grant(): Promise<void> {
    const response = await this.all.grant(this.all.worker);
    if (response.status === 200) this.ledger.set(String(response.body['access_token']), 'valid');
    else if (!response.mayBeCutOff) throw wrong('/oauth2/token', response);
  }

  /** nginx retries this on another instance if one is gone, so it is never cut off. */
  private async issue(): Promise<void> {
    const asked = json({ sub: 'worker', aud: AUDIENCE }, basicHeaders(this.all.worker));
    const response = await this.all.ask('/token', asked);
    if (response.status !== 200) throw wrong('/token', response);
    this.ledger.set(String(response.body['token']), 'valid');
  }

  private async verify(): Promise<void> {
    const state = pick(['valid', 'valid', 'revoked', 'asked'] as const) ?? 'valid';
    const token = pick(this.ledger.tokens(state));
    if (token === undefined) return;
    const before = this.ledger.expected(token);
    const response = await this.all.verify(token);
    const code = response.status === 200 ? 'valid' : response.body['code'];
    const after = this.ledger.expected(token);
    // Either verdict is right if the state changed while the request was open.
    const allowed: readonly unknown[] = before === after && before ? [before] : ['valid', 'token_revoked'];
    if (!allowed.includes(code)) throw wrong(`/verify of a token that is ${allowed.join(' or ')}`, response);
  }

  private async revoke(): Promise<void> {
    const token = pick(this.ledger.tokens('valid'));
    if (token === undefined) return;
    this.ledger.set(token, 'asked');
    const response = await this.all.ask('/oauth2/revoke', form({ token }, basicHeaders(this.all.worker)));
    if (response.status === 200) this.ledger.set(token, 'revoked');
    else if (response.changedNothing) this.ledger.set(token, 'valid');
    // It may have been written before the connection to the database ended.
    else if (response.mayBeRefused || response.mayBeCutOff) this.ledger.set(token, 'unknown');
    else throw wrong('/oauth2/revoke', response);
  }

  private number = 0;

  private async makeClient(): Promise<void> {
    const granted = await this.all.grant(this.all.admin, { scope: 'identity:admin' });
    if (granted.mayBeCutOff) return;
    if (granted.status !== 200) throw wrong('a token for the administrator', granted);
    const id = `client-${++this.number}`;
    const headers = bearerHeaders(String(granted.body['access_token']));
    const made = await this.all.ask(
      '/admin/clients',
      json({ client_id: id, audiences: [AUDIENCE] }, headers),
    );
    if (made.status === 201) this.made.set(id, { id, secret: String(made.body['client_secret']) });
    else if (!made.mayBeRefused && !made.mayBeCutOff) throw wrong('POST /admin/clients', made);
  }
}

describeIfInstalled('three instances behind nginx under steady load', PROGRAMS, () => {
  let all: Installation;
  let callers: Callers;
  let load: SteadyLoad;

  beforeAll(async () => {
    all = await Installation.start(INSTANCES);
  });

  it('start together on an empty database, and count requests together', async () => {
    expect(await all.ready()).toBe(true);
    callers = new Callers(all);
    ({ load } = callers);
    await load.continueFor(4_000);
    expect(callers.ledger.tokens('valid').length).toBeGreaterThan(20);
    expect(await all.limitsAreShared('127.0.0.21')).toBe(true);
    console.log(all.takeCounts());
  });

  it('lose at most its open requests if one of them is killed', async () => {
    const [first] = all.instances;
    all.killing = true;
    first?.kill('SIGKILL');
    await first?.ended;
    await load.continueFor(1_000);
    all.killing = false;
    await load.continueFor(4_000);
    await all.run(0);
    await load.continueFor(3_000);
    const cutOff = [...all.counts]
      .filter(([name]) => name.endsWith(' 502'))
      .reduce((sum, [, count]) => sum + count, 0);
    console.log(all.takeCounts());
    // At most those that the callers had open, and one that found no instance.
    expect(cutOff).toBeLessThanOrEqual(4);
  });

  it('lose no request if they are restarted one after another', async () => {
    for (const [index, instance] of [...all.instances.entries()]) {
      await all.nginx.leaveOut(all.ports[index]);
      await load.continueFor(500);
      instance.kill('SIGTERM');
      expect(await within(instance.ended, 'the end')).toBe(0);
      await all.run(index);
      await all.nginx.leaveOut(undefined);
      await load.continueFor(1_000);
    }
    console.log(all.takeCounts());
  });

  it('issue and verify tokens, and reject changes, while PostgreSQL is unavailable for 20 seconds', async () => {
    const outage = callers.ledger.outage();
    all.databaseUnavailable = true;
    await all.database.cut();
    await load.continueFor(1_000);
    all.databaseIsGone = true;
    await load.continueFor(OUTAGE_MS - 1_000);
    all.databaseIsGone = false;
    expect(all.counts.get('/oauth2/revoke 503')).toBeGreaterThan(0);
    await all.database.restore();
    outage.ended = Date.now();
    await until(() => all.ready(), RECOVERY_MS, 'all are as before');
    await load.continueFor(100);
    // Changes that were requested during the outage may still get their responses.
    await load.continueFor(2_000);
    all.databaseUnavailable = false;
    all.counts.delete('/oauth2/revoke 200');
    await load.continueFor(3_000);
    expect(all.counts.get('/oauth2/revoke 200')).toBeGreaterThan(0);
    console.log(all.takeCounts());
  });

  it('serve requests while Redis is silent for 20 seconds, and count together afterwards', async () => {
    process.kill(all.redis.pid, 'SIGSTOP');
    await load.continueFor(OUTAGE_MS);
    process.kill(all.redis.pid, 'SIGCONT');
    let address = 22;
    const areShared = (): Promise<boolean> => all.limitsAreShared(`127.0.0.${address++}`);
    await until(areShared, RECOVERY_MS, 'requests are counted together');
    await load.continueFor(1_000);
    console.log(all.takeCounts());
  });

  it('accept every issued token and reject every revoked one', async () => {
    await load.stop();
    await delay(EVERYWHERE_MS);
    const { ledger } = callers;
    // Valid tokens on one instance after another, revoked ones on every instance.
    const valid = ledger
      .tokens('valid')
      .map((token, index) => ({ token, expected: 'valid', url: all.instances[index % INSTANCES]?.url }));
    const revoked = ledger
      .tokens('revoked')
      .flatMap((token) => all.instances.map(({ url }) => ({ token, expected: 'token_revoked', url })));
    const questions = [...valid, ...revoked];
    console.log(
      `${valid.length} tokens are valid; ${revoked.length} questions about those that were revoked`,
    );
    const work = async (): Promise<void> => {
      for (let question = questions.pop(); question; question = questions.pop()) {
        const { status, body } = await all.verify(question.token, question.url);
        expect(status === 200 ? 'valid' : body['code']).toBe(question.expected);
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
  });

  it('issue tokens to every client that was created', async () => {
    expect(callers.made.size).toBeGreaterThan(0);
    for (const { url } of all.instances) {
      for (const client of callers.made.values()) {
        const grant = form({ grant_type: 'client_credentials' }, basicHeaders(client));
        const { status } = await all.ask('/oauth2/token', grant, url);
        expect([client.id, status]).toEqual([client.id, 200]);
      }
    }
  });
});
