import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Revocations } from '../../../src/revocation/revocations.js';
import { makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const instances: RunningApp[] = [];
let worker: TestClient;
beforeAll(async () => {
  const databaseUrl = `sqlite:${temporaryDirectory()}/identity.db`;
  instances.push(await RunningApp.start({ databaseUrl }));
  const [first] = instances as [RunningApp];
  worker = await makeClient(first, 'worker', { audiences: ['logging-service'] });
  instances.push(await RunningApp.start({ databaseUrl }));
});
afterAll(async () => {
  for (const each of instances) await each.stop();
  removeTemporaryDirectories();
});

const on = (instance: number): RunningApp => instances[instance] as RunningApp;

/** What the model knows about a token. */
interface Known {
  readonly token: string;
  readonly expiresAt: number;
  isRevoked: boolean;
  /** The instances that must know its revocation. */
  readonly seenBy: Set<number>;
}

const instance = fc.nat(1);
const which = fc.nat(5);
type Act =
  | { readonly act: 'issue'; readonly instance: number; readonly lifetime: number }
  | { readonly act: 'revoke' | 'verify'; readonly instance: number; readonly which: number }
  | { readonly act: 'sync'; readonly instance: number }
  | { readonly act: 'wait'; readonly seconds: number };
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('issue' as const), instance, lifetime: fc.constantFrom(1, 30, 90, 900) }),
    fc.record({ act: fc.constantFrom('revoke' as const, 'verify' as const), instance, which }),
    fc.record({ act: fc.constant('sync' as const), instance }),
    fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(0.5, 1, 29, 60, 600) }),
  ),
  { minLength: 5, maxLength: 20 },
);

class Model {
  private readonly tokens: Known[] = [];

  async run(act: Act): Promise<void> {
    switch (act.act) {
      case 'issue':
        return this.issue(act.instance, act.lifetime);
      case 'wait':
        for (const { clock } of instances) clock.advance(act.seconds);
        return;
      case 'sync':
        await on(act.instance).app.get(Revocations).sync();
        for (const { isRevoked, seenBy } of this.tokens) if (isRevoked) seenBy.add(act.instance);
        return;
      case 'revoke':
      case 'verify': {
        const known = this.tokens[act.which % Math.max(1, this.tokens.length)];
        if (!known) return;
        return act.act === 'revoke' ? this.revoke(act.instance, known) : this.verify(act.instance, known);
      }
    }
  }

  async verifyAll(): Promise<void> {
    for (const known of this.tokens) for (const each of [0, 1]) await this.verify(each, known);
  }

  private async issue(at: number, lifetime: number): Promise<void> {
    const { authorization } = worker;
    const token = await on(at).issue({ sub: 'worker', expires_in: lifetime }, { authorization });
    const expiresAt = Number(readToken(token).claims['exp']);
    this.tokens.push({ token, expiresAt, isRevoked: false, seenBy: new Set() });
  }

  private async revoke(at: number, known: Known): Promise<void> {
    const { status, text } = await revoke(on(at), worker, known.token);
    expect({ status, text }).toEqual({ status: 200, text: '' });
    if (this.isExpired(known)) return;
    known.isRevoked = true;
    known.seenBy.add(at);
  }

  private async verify(at: number, known: Known): Promise<void> {
    const { body } = await on(at).verify(known.token);
    const found = body['valid'] === true ? 'valid' : body['code'];
    expect(this.allowed(at, known)).toContain(found);
  }

  private allowed(at: number, known: Known): readonly string[] {
    if (this.isExpired(known)) return ['token_expired'];
    if (!known.isRevoked) return ['valid'];
    // The other instance may have synchronized by itself.
    return known.seenBy.has(at) ? ['token_revoked'] : ['token_revoked', 'valid'];
  }

  private isExpired({ expiresAt }: Known): boolean {
    return on(0).clock.now() / 1000 >= expiresAt;
  }
}

it('POST /verify is correct on two instances, in whatever order tokens are issued, revoked and expire', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (each) => {
      const model = new Model();
      for (const act of each) await model.run(act);
      for (const instance of [0, 1]) await model.run({ act: 'sync', instance });
      await model.verifyAll();
    }),
    { numRuns: 25 },
  );
}, 30_000);
