import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { TokenVerifier } from '../../../src/guard/index.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { rotateAll, syncKeys } from '../../support/key-administration.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET as OLD, SECRET as NEW } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

/** The steps of the runbook in docs/keys.md; within a step, instances and consumers are in no order. */
const STEPS = [
  { name: 'only the old secret', secret: OLD, previousSecrets: [] },
  { name: 'the old secret and the new one in addition', secret: OLD, previousSecrets: [NEW] },
  { name: 'the new secret and the old one in addition', secret: NEW, previousSecrets: [OLD] },
  { name: 'only the new secret', secret: NEW, previousSecrets: [] },
] as const;

/** No one begins a step before all have finished the previous one, so any two are at most one step apart. */
const MEETINGS = STEPS.flatMap((_, at) => [at - 1, at, at + 1].map((other) => [at, other] as const)).filter(
  ([, other]) => other in STEPS,
);

describe('while the shared secret is replaced', () => {
  const clock = new MovedClock();
  let instances: readonly RunningApp[];
  beforeAll(async () => {
    instances = await Promise.all(
      STEPS.map(({ secret, previousSecrets }) => RunningApp.start({ secret, previousSecrets }, clock)),
    );
  });
  afterAll(() => Promise.all(instances.map((each) => each.stop())));

  const instance = (at: number): RunningApp => instances[at] as RunningApp;
  const nameOf = (at: number): string | undefined => STEPS[at]?.name;
  const named = MEETINGS.map(([one, other]) => ({
    one,
    other,
    issuer: nameOf(one),
    verifier: nameOf(other),
  }));

  it.each(named)(
    'a token of an instance with $issuer is valid at one with $verifier',
    async ({ one, other }) => {
      const token = await instance(one).issue();
      expect((await instance(other).verify(token)).status).toBe(200);
    },
  );

  it.each(named)(
    'a token of an instance with $issuer is valid at a consumer with $verifier',
    async ({ one, other }) => {
      const { secret, previousSecrets } = STEPS[other] as (typeof STEPS)[number];
      const verifier = new TokenVerifier({
        issuer: 'identity-backend',
        audience: 'logging-service',
        secrets: [secret, ...previousSecrets],
        clock,
      });
      expect((await verifier.verify(await instance(one).issue())).code).toBe('valid');
    },
  );

  it.each(named)(
    'a token without kid of a consumer with $verifier is valid at an instance with $issuer',
    async ({ one, other }) => {
      const { secret } = STEPS[other] as (typeof STEPS)[number];
      expect((await instance(one).verify(handMadeToken({ secret }))).status).toBe(200);
    },
  );

  it('skipping a step breaks tokens: an instance with only the old secret rejects the new one', async () => {
    const { status, body } = await instance(0).verify(await instance(2).issue());
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_signature' });
  });

  it('a removed secret verifies no tokens', async () => {
    const { status, body } = await instance(3).verify(await instance(1).issue());
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_signature' });
  });
});

const OLD_KEY = 'the-old-key-encryption-key-of-the-tests-0123456789';
const NEW_KEY = 'the-new-key-encryption-key-of-the-tests-9876543210';
const ENCRYPTION_STEPS: readonly Pick<Settings, 'encryptionKey' | 'previousEncryptionKeys'>[] = [
  { encryptionKey: OLD_KEY, previousEncryptionKeys: [] },
  { encryptionKey: OLD_KEY, previousEncryptionKeys: [NEW_KEY] },
  { encryptionKey: NEW_KEY, previousEncryptionKeys: [OLD_KEY] },
  { encryptionKey: NEW_KEY, previousEncryptionKeys: [] },
];

describe('while the key encryption key is replaced', () => {
  const clock = new MovedClock();
  let databaseUrl: string;
  beforeAll(() => {
    databaseUrl = `sqlite:${join(temporaryDirectory(), 'identity.db')}`;
  });
  afterAll(removeTemporaryDirectories);

  const start = (step: number): Promise<RunningApp> =>
    RunningApp.start({ databaseUrl, algorithms: ['ES256'], ...ENCRYPTION_STEPS[step] }, clock);

  it('two instances that take the steps in turn read the keys of each other and break no token', async () => {
    const running = [await start(0), await start(0)];
    const kids = new Set<unknown>();
    const issuers = [];
    for (const [step, which] of [1, 2, 3].flatMap((each) => [
      [each, each % 2] as const,
      [each, (each + 1) % 2] as const,
    ])) {
      const tokens = await Promise.all(running.map((each) => each.issue()));
      await running[which]?.stop();
      running[which] = await start(step);
      // Whichever made the new keys, both must decrypt them.
      await rotateAll(running[step % 2] as RunningApp);
      for (const each of running) {
        await syncKeys(each);
        for (const token of tokens) expect((await each.verify(token)).status).toBe(200);
      }
      clock.advance(11 * 60);
      for (const each of running) {
        await syncKeys(each);
        const token = await each.issue();
        kids.add(readToken(token).header['kid']);
        issuers.push(token);
        for (const other of running) expect((await other.verify(token)).status).toBe(200);
      }
    }
    // One new key for each rotation, the same on both.
    expect({ keys: kids.size, tokens: issuers.length }).toEqual({ keys: 6, tokens: 12 });
    for (const each of running) await each.stop();
    const alone = await start(3);
    expect((await alone.verify(await alone.issue())).status).toBe(200);
    await alone.stop();
  }, 60_000);

  it.each([
    ['the old key', 0],
    ['another key', undefined],
  ])('a service with %s does not start, and changes no keys', async (_name, step) => {
    const keys = async (): Promise<string> => {
      const started = await start(3);
      const { text } = await started.get('/.well-known/jwks.json');
      await started.stop();
      return text;
    };
    const before = await keys();
    const settings =
      step === undefined
        ? { encryptionKey: 'a-key-encryption-key-that-no-step-had' }
        : ENCRYPTION_STEPS[step];
    await expect(
      RunningApp.start({ databaseUrl, algorithms: ['ES256'], ...settings }, clock),
    ).rejects.toThrow(/^KEY_ENCRYPTION_KEY does not decrypt .*Nothing was overwritten\.$/);
    expect(await keys()).toBe(before);
  });
});
