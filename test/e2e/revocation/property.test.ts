import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenVerifier } from '../../../src/guard/index.js';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { introspect, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const AUDIENCE = 'logging-service';
const MAX_TOLERANCE = 60;
/** No new run begins after this time; a run takes a second or two. */
const TIME_LIMIT_MS = 12_000;

/** Settings that a restart may change. */
interface Changed {
  readonly lifetimeSeconds: number;
  readonly clockToleranceSeconds: number;
}

type Act =
  | ({ readonly act: 'restart' } & Changed)
  | { readonly act: 'wait'; readonly seconds: number }
  | { readonly act: 'issue'; readonly oauth: boolean }
  | { readonly act: 'revoke'; readonly which: number; readonly byOwner: boolean }
  | { readonly act: 'limit'; readonly seconds: number | null }
  | { readonly act: 'disable' | 'enable' | 'delete' | 'recreate' };

const only = <T extends string>(...acts: T[]) => fc.record({ act: fc.constantFrom(...acts) });
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('restart' as const),
        lifetimeSeconds: fc.constantFrom(60, 60, 900, 3_600),
        clockToleranceSeconds: fc.constantFrom(0, 5, MAX_TOLERANCE, MAX_TOLERANCE),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        seconds: fc.constantFrom(0.1, 0.9, 1, 30, 59, 60, 61, 61, 840, 3_000),
      }),
    },
    { weight: 5, arbitrary: fc.record({ act: fc.constant('issue' as const), oauth: fc.boolean() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant('revoke' as const),
        which: fc.nat(9),
        byOwner: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('limit' as const),
        seconds: fc.constantFrom(null, 30, 900, 3_600),
      }),
    },
    { weight: 2, arbitrary: only('disable', 'enable', 'recreate') },
    { weight: 1, arbitrary: only('delete') },
  ),
  { minLength: 6, maxLength: 16 },
);

const issue: Act = { act: 'issue', oauth: true };
const revokeFirst: Act = { act: 'revoke', which: 0, byOwner: true };
const byAdmin: Act = { act: 'revoke', which: 0, byOwner: false };
const wait = (seconds: number): Act => ({ act: 'wait', seconds });
const restart = (lifetimeSeconds: number, clockToleranceSeconds: number): Act => ({
  act: 'restart',
  lifetimeSeconds,
  clockToleranceSeconds,
});

/** Tried first, before the random cases. */
const EXAMPLES: [Act[]][] = [
  [[restart(60, 0), issue, revokeFirst, wait(61), restart(60, 60)]],
  [[restart(60, 0), issue, wait(61), byAdmin, wait(30), restart(60, 60)]],
  [[restart(3_600, 0), issue, restart(60, 0), revokeFirst, wait(840), restart(900, 5)]],
  [[restart(60, 60), issue, wait(100), restart(60, 0), revokeFirst, restart(60, 60)]],
  [[issue, { act: 'disable' }, byAdmin, { act: 'enable' }]],
  [[restart(3_600, 0), { act: 'limit', seconds: 3_600 }, restart(60, 0), issue, { act: 'disable' }]],
  [[issue, { act: 'recreate' }, issue, { act: 'recreate' }, issue, restart(900, 0), { act: 'recreate' }]],
  [[issue, { act: 'delete' }, restart(900, 60), { act: 'recreate' }, issue, wait(0.9), { act: 'disable' }]],
];

/** The service, restarted on one database, and a resource server whose guard introspects. */
class World {
  readonly clock = new MovedClock();
  settings: Changed = { lifetimeSeconds: 900, clockToleranceSeconds: 0 };
  private readonly databaseUrl = `sqlite:${temporaryDirectory()}/identity.db`;
  private running: { service: RunningApp; guard: TokenVerifier } | undefined;
  private owner: Administrator | undefined;
  private receiver: TestClient | undefined;
  private names = 0;

  async start(changes: Changed): Promise<void> {
    await this.running?.service.stop();
    this.settings = changes;
    const settings = { databaseUrl: this.databaseUrl, authFailureMax: 0, ...changes };
    const service = await RunningApp.start(settings, this.clock);
    this.owner = this.owner?.at(service) ?? (await Administrator.of(service));
    this.receiver ??= await makeClient(service, AUDIENCE);
    const guard = new TokenVerifier({
      issuer: service.issuer,
      audience: AUDIENCE,
      secrets: [SECRET],
      clockToleranceSeconds: MAX_TOLERANCE,
      introspection: {
        endpoint: `${service.origin}/oauth2/introspect`,
        clientId: this.receiver.id,
        clientSecret: this.receiver.secret,
        cacheSeconds: 0,
      },
      clock: this.clock,
    });
    this.running = { service, guard };
  }

  stop(): Promise<void> | undefined {
    return this.running?.service.stop();
  }

  get service(): RunningApp {
    if (!this.running) throw new Error('It was not started');
    return this.running.service;
  }

  get admin(): Administrator {
    if (!this.owner) throw new Error('It was not started');
    return this.owner;
  }

  /** An ID that no client has had. */
  get newName(): string {
    this.names += 1;
    return `worker-${this.names}`;
  }

  /** Whether a token is valid for POST /verify, for introspection and for the guard. */
  async verdicts(token: string): Promise<readonly boolean[]> {
    if (!this.running || !this.receiver) throw new Error('It was not started');
    const { service, guard } = this.running;
    const [verified, seen, guarded] = await Promise.all([
      service.verify(token, AUDIENCE),
      introspect(service, this.receiver, token),
      guard.verify(token),
    ]);
    return [verified.body['valid'] === true, seen.body['active'] === true, guarded.code === 'valid'];
  }
}

/** What the model knows about a token. */
interface Known {
  readonly token: string;
  readonly exp: number;
  /** Which of the clients that had the ID it was issued to. */
  readonly incarnation: number;
  isRevoked: boolean;
}

/** A client of the world, and the expected state of its tokens. */
class Model {
  private readonly tokens: Known[] = [];
  private readonly id: string;
  private authorization = '';
  private incarnation = 0;
  private isThere = false;
  private isDisabled = false;

  constructor(private readonly world: World) {
    this.id = world.newName;
  }

  async run(act: Act): Promise<void> {
    switch (act.act) {
      case 'restart':
        return this.world.start(act);
      case 'wait':
        this.world.clock.advance(act.seconds);
        return this.world.service.catchUp();
      case 'issue':
        return this.issue(act.oauth);
      case 'revoke':
        return this.revoke(act.which, act.byOwner);
      case 'limit':
        return this.limit(act.seconds);
      case 'disable':
      case 'enable':
        return this.change(act.act === 'disable');
      case 'delete':
        return this.remove();
      case 'recreate':
        await this.remove();
        return this.create();
    }
  }

  async create(): Promise<void> {
    const { status, body } = await this.world.admin.create({ client_id: this.id, audiences: [AUDIENCE] });
    expect(status).toBe(201);
    this.authorization = basic(this.id, String(body['client_secret']));
    this.incarnation += 1;
    [this.isThere, this.isDisabled] = [true, false];
  }

  /** A token is valid unless it is expired or revoked or its client is gone or disabled; all agree. */
  async check(): Promise<void> {
    const now = this.world.clock.now() / 1000;
    const { clockToleranceSeconds: tolerance } = this.world.settings;
    const expected = this.tokens.map(({ exp, incarnation, isRevoked }) => {
      const isItsClient = this.isThere && !this.isDisabled && incarnation === this.incarnation;
      const isValid = !isRevoked && isItsClient && now < exp + tolerance;
      return [isValid, isValid, isValid];
    });
    expect(await Promise.all(this.tokens.map(({ token }) => this.world.verdicts(token)))).toEqual(expected);
  }

  private async issue(oauth: boolean): Promise<void> {
    const { service } = this.world;
    const headers = { authorization: this.authorization };
    const { status, body } = oauth
      ? await service.form('/oauth2/token', { grant_type: 'client_credentials' }, headers)
      : await service.post('/token', { sub: this.id, aud: AUDIENCE }, headers);
    expect(status).toBe(this.isThere && !this.isDisabled ? 200 : 401);
    if (status !== 200) return;
    const token = String(body['access_token'] ?? body['token']);
    const { iat, exp } = readToken(token).claims;
    expect(Number(exp) - Number(iat)).toBe(body['expires_in']);
    expect(body['expires_in']).toBeLessThanOrEqual(this.world.settings.lifetimeSeconds);
    this.tokens.push({ token, exp: Number(exp), incarnation: this.incarnation, isRevoked: false });
  }

  private async revoke(which: number, byOwner: boolean): Promise<void> {
    const known = this.tokens[which % Math.max(1, this.tokens.length)];
    if (!known) return;
    const { admin, service } = this.world;
    const client = byOwner ? { ...admin.client, authorization: this.authorization } : admin.client;
    const { status } = await revoke(service, client, known.token);
    expect(status).toBe(byOwner && (!this.isThere || this.isDisabled) ? 401 : 200);
    if (status === 200) known.isRevoked = true;
  }

  private async limit(seconds: number | null): Promise<void> {
    if (!this.isThere) return;
    const { status } = await this.world.admin.update(this.id, { token_lifetime_seconds: seconds });
    expect(status).toBe((seconds ?? 0) <= this.world.settings.lifetimeSeconds ? 200 : 400);
  }

  private async change(disabled: boolean): Promise<void> {
    const { status } = await this.world.admin.update(this.id, { disabled });
    expect(status).toBe(this.isThere ? 200 : 404);
    if (this.isThere) this.isDisabled = disabled;
  }

  private async remove(): Promise<void> {
    expect((await this.world.admin.remove(this.id)).status).toBe(this.isThere ? 204 : 404);
    this.isThere = false;
  }
}

let world: World;
beforeAll(async () => {
  world = new World();
  world.clock.set(NEW_YEAR);
  await world.start({ lifetimeSeconds: 900, clockToleranceSeconds: 0 });
});
afterAll(async () => {
  await world.stop();
  removeTemporaryDirectories();
});

it('/verify, introspection and the guard agree on every token, whatever is revoked or changed in between', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const model = new Model(world);
      await model.create();
      for (const act of all) {
        await model.run(act);
        if (act.act !== 'wait' && act.act !== 'issue') await model.check();
      }
      await model.check();
    }),
    {
      numRuns: 100,
      examples: EXAMPLES,
      interruptAfterTimeLimit: TIME_LIMIT_MS,
      markInterruptAsFailure: false,
    },
  );
}, 60_000);
