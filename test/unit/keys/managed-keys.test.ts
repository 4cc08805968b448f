import { createPrivateKey } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeyEncryption, KeyEncryptionError } from '../../../src/keys/key-encryption.js';
import { keyState } from '../../../src/keys/key-schedule.js';
import type { ManagedKeys, ManagedKeysOptions } from '../../../src/keys/managed-keys.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { Connection, ENCRYPTION_KEY, SharedKeys, storedKeys } from '../../support/key-fleet.js';
import { MovedClock } from '../../support/moved-clock.js';

const OTHER_KEY = 'another-key-encryption-key-of-the-tests-0123456789';

let shared: SharedKeys;
let clock: MovedClock;
beforeEach(() => {
  shared = new SharedKeys();
  clock = new MovedClock();
});

const make = (
  changes: Partial<ManagedKeysOptions> = {},
  store: SharedKeys | Connection = shared,
): ManagedKeys => storedKeys(store, clock, { algorithms: ['ES256'], ...changes });

async function started(changes: Partial<ManagedKeysOptions> = {}): Promise<ManagedKeys> {
  const keys = make(changes);
  await keys.sync();
  return keys;
}

const kids = async (purpose = 'ES256'): Promise<string[]> =>
  (await shared.kept(purpose)).map(({ jwk }) => jwk.kid);

/** The latest revision, which counts the changes. */
const changes = async (): Promise<number> =>
  Math.max(0, ...(await shared.changesSince(0, 100)).map(({ revision }) => revision));

describe('ManagedKeys', () => {
  it('makes a signing key and the next key for each algorithm', async () => {
    const keys = await started({ algorithms: ['ES256', 'EdDSA'] });
    for (const algorithm of ['ES256', 'EdDSA'] as const) {
      const states = (await shared.kept(algorithm)).map((key) => keyState(key, clock.now()));
      expect(states).toEqual(['signing', 'published']);
      expect(keys.signing(algorithm)?.algorithm).toBe(algorithm);
    }
  });

  it('makes them only once if several instances start at the same time', async () => {
    const instances = [make(), make(), make()];
    await Promise.all(instances.map((keys) => keys.sync()));
    await Promise.all(instances.map((keys) => keys.sync()));
    expect(await kids()).toHaveLength(2);
    expect(new Set(instances.map((keys) => keys.signing('ES256')?.id))).toEqual(new Set([(await kids())[0]]));
  });

  it('keeps them across a restart', async () => {
    const first = await started();
    const before = await shared.kept('ES256');
    const second = await started();
    expect(second.signing('ES256')?.id).toBe(first.signing('ES256')?.id);
    expect(await shared.kept('ES256')).toBe(before);
  });

  it('changes nothing in the database while nothing is due', async () => {
    const keys = await started();
    const before = await changes();
    for (let hour = 0; hour < 48; hour += 1) {
      clock.advance(3_600);
      await keys.sync();
    }
    expect(await changes()).toBe(before);
  });

  it('makes keys for the service itself only when they are needed', async () => {
    const keys = await started({ algorithms: [] });
    expect(keys.signing('administration')).toBeUndefined();
    await keys.ensureAdministration();
    expect(keys.signing('administration')?.algorithm).toBe('ES256');
    expect(await kids('administration')).toHaveLength(2);
  });

  it('uses the keys for the service itself that another instance made first', async () => {
    const [one, other] = [await started({ algorithms: [] }), await started({ algorithms: [] })];
    await one.ensureAdministration();
    await other.sync();
    // The keys are loaded, but nothing has requested them here yet.
    expect(other.view.administration.size).toBe(0);
    await other.ensureAdministration();
    expect(other.signing('administration')?.id).toBe(one.signing('administration')?.id);
    expect(other.view.administration.size).toBe(2);
  });

  it('does not sign before its first sync', async () => {
    await started();
    expect(make().signing('ES256')).toBeUndefined();
  });

  it('stops signing, but still verifies, when its view is older than a minute', async () => {
    const connection = new Connection(shared);
    const keys = make({}, connection);
    await keys.sync();
    connection.cut = true;
    clock.advance(60);
    await expect(keys.sync()).rejects.toThrow(StoreUnavailable);
    expect(keys.signing('ES256')).toBeDefined();
    clock.advance(0.001);
    expect(keys.signing('ES256')).toBeUndefined();
    expect(keys.view.live).toHaveLength(2);
    connection.cut = false;
    await keys.sync();
    expect(keys.signing('ES256')).toBeDefined();
  });

  it('signs after its latest sync even if an earlier one ends later', async () => {
    let confirm = (): void => {};
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const keys = make({ publish: () => confirmed });
    const earlier = keys.sync();
    while ((await kids()).length < 2) await setImmediate();
    clock.advance(61);
    await keys.sync();
    confirm();
    await earlier;
    expect(keys.signing('ES256')).toBeDefined();
  });

  it('makes every key that a rotation needs if all expired while it was suspended', async () => {
    const keys = await started();
    clock.advance(400 * 86_400);
    await keys.rotate(undefined, true);
    expect((await shared.kept('ES256')).map((key) => keyState(key, clock.now()))).toEqual([
      'retired',
      'retired',
      'retired',
      'signing',
      'published',
    ]);
  });

  it.each([
    ['all keys', undefined, ['ES256', 'EdDSA', 'administration']],
    [
      'the keys of one algorithm, including those for the service itself',
      'ES256',
      ['ES256', 'administration'],
    ],
    ['only the keys of the algorithm if the service itself uses another', 'EdDSA', ['EdDSA']],
  ] as const)('replaces %s', async (_name, algorithm, replaced) => {
    const keys = await started({ algorithms: ['ES256', 'EdDSA'] });
    await keys.ensureAdministration();
    const before = new Map(keys.view.signing);
    expect(await keys.rotate(algorithm, true)).toBe(true);
    const after = keys.view.signing;
    expect([...after.keys()].filter((purpose) => after.get(purpose) !== before.get(purpose))).toEqual(
      replaced,
    );
  });

  it('returns false and makes no key for an algorithm that it does not manage', async () => {
    const keys = await started();
    expect(await keys.rotate('RS256', false)).toBe(false);
    expect(await kids('RS256')).toEqual([]);
  });

  it('verifies with its keys of a previous algorithm until they expire, but does not rotate them', async () => {
    const before = await started();
    const token = await before.signing('ES256')?.sign({});
    const keys = await started({ algorithms: [], previousAlgorithms: ['ES256', 'EdDSA'] });
    expect(keys.view.live.some((key) => key.verifies(token ?? ''))).toBe(true);
    expect([...keys.schedules.keys()]).toEqual(['ES256']);
    expect(await keys.rotate('ES256', false)).toBe(false);
    clock.advance(200 * 86_400);
    await keys.sync();
    expect(keys.view.live).toEqual([]);
    expect(await kids()).toHaveLength(2);
  });

  it('revokes its keys of a previous algorithm in an emergency', async () => {
    const before = await started();
    const leaked = before.signing('ES256')?.id ?? '';
    const keys = await started({ algorithms: [], previousAlgorithms: ['ES256'] });
    expect(await keys.rotate(undefined, true)).toBe(true);
    expect(keys.view.byId.has(leaked)).toBe(false);
  });
});

describe('private keys in the database', () => {
  const by = (key: string, ...previous: string[]): Partial<ManagedKeysOptions> => ({
    encryption: new KeyEncryption(key, previous),
  });

  it('are never stored in the clear', async () => {
    const keys = await started({ algorithms: ['ES256', 'EdDSA', 'RS256'] });
    await keys.ensureAdministration();
    const text = JSON.stringify(await shared.changesSince(0, 100));
    for (const purpose of ['ES256', 'EdDSA', 'RS256', 'administration']) {
      for (const { jwk, sealed } of await shared.kept(purpose)) {
        const der = new KeyEncryption(ENCRYPTION_KEY, []).open(sealed, jwk.kid);
        const opened = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
        const { d = 'none' } = opened.export({ format: 'jwk' });
        expect(text).not.toContain(d);
        expect(Buffer.from(sealed, 'base64url').includes(Buffer.from(d, 'base64url'))).toBe(false);
      }
    }
    expect(text).not.toMatch(/PRIVATE|"(d|p|q|dp|dq|qi|k)":/);
  });

  it('are neither changed nor replaced if the key encryption key is wrong', async () => {
    await started();
    const before = JSON.stringify(await shared.changesSince(0, 100));
    await expect(make(by(OTHER_KEY)).sync()).rejects.toThrow(KeyEncryptionError);
    await expect(make(by(OTHER_KEY, 'a third key-encryption key of a test')).sync()).rejects.toThrow(
      'KEY_ENCRYPTION_KEY_PREVIOUS',
    );
    expect(JSON.stringify(await shared.changesSince(0, 100))).toBe(before);
  });

  it('are encrypted again at the start with a new key encryption key, and keep their IDs', async () => {
    const first = await started();
    const second = await started(by(OTHER_KEY, ENCRYPTION_KEY));
    expect(second.signing('ES256')?.id).toBe(first.signing('ES256')?.id);
    const third = await started(by(OTHER_KEY));
    expect(third.signing('ES256')?.id).toBe(first.signing('ES256')?.id);
    await expect(make().sync()).rejects.toThrow(KeyEncryptionError);
  });

  it('are not encrypted back and forth while instances with either key encryption key run', async () => {
    const instances = [
      await started(by(ENCRYPTION_KEY, OTHER_KEY)),
      await started(by(OTHER_KEY, ENCRYPTION_KEY)),
    ];
    const before = await changes();
    for (let second = 0; second < 5; second += 1) {
      for (const keys of instances) await keys.sync();
    }
    expect(await changes()).toBe(before);
    for (const keys of instances) expect(keys.signing('ES256')).toBeDefined();
  });

  it('make each sync fail if another instance sealed them with an unknown key', async () => {
    const here = await started();
    const there = await started(by(OTHER_KEY, ENCRYPTION_KEY));
    await there.rotate(undefined, false);
    for (let second = 0; second < 2; second += 1) {
      await expect(here.sync()).rejects.toThrow(KeyEncryptionError);
    }
    clock.advance(61);
    expect(here.signing('ES256')).toBeUndefined();
    expect(there.signing('ES256')).toBeUndefined();
    await there.sync();
    expect(there.signing('ES256')).toBeDefined();
  });
});
