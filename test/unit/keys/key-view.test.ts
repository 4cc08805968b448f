import { describe, expect, it } from '@jest/globals';
import type { KeySchedule } from '../../../src/keys/key-schedule.js';
import type { KeyPurpose, StoredKey } from '../../../src/keys/key-store.js';
import { KeyView } from '../../../src/keys/key-view.js';
import type { PrivateKey } from '../../../src/keys/private-key.js';
import { signingKeyFor } from '../../support/private-keys.js';

const opened = new Map<string, PrivateKey>();

/** A key that signs between these times, in seconds. */
function stored(
  name: string,
  signs: readonly [number | null, number | null],
  changes: Partial<KeySchedule> = {},
): StoredKey {
  const key = signingKeyFor('ES256', name);
  opened.set(key.id, key);
  const [from, until] = signs.map((time) => (time === null ? null : time * 1000));
  return {
    jwk: key.jwk,
    sealed: '',
    publishedAt: 0,
    signsFrom: from ?? null,
    signsUntil: until ?? null,
    longestLifetimeSeconds: 300,
    revokedAt: null,
    ...changes,
  };
}

const OLD = stored('old', [0, 1_000]);
const NOW = stored('now', [1_000, 2_000]);
const NEXT = stored('next', [2_000, 3_000]);
const LEAKED = stored('leaked', [0, 1_000], { revokedAt: 900_000 });
const OWN = stored('own', [0, null]);

const view = (
  keys: Partial<Record<KeyPurpose, readonly StoredKey[]>>,
  seconds: number,
  lifetimeSeconds = 300,
): KeyView =>
  new KeyView(
    new Map(Object.entries(keys) as [KeyPurpose, StoredKey[]][]),
    opened,
    seconds * 1000,
    lifetimeSeconds,
  );

describe('KeyView', () => {
  const kid = ({ jwk }: StoredKey): string => jwk.kid;
  const keys = { ES256: [LEAKED, OLD, NOW, NEXT], administration: [OWN] };

  it('maps each purpose to its signing key', () => {
    const { signing } = view(keys, 1_500);
    expect(signing.get('ES256')?.id).toBe(kid(NOW));
    expect(signing.get('administration')?.id).toBe(kid(OWN));
    expect(signing.get('RS256')).toBeUndefined();
  });

  it('lists the live keys, the signing one first, without revoked and retired keys', () => {
    const live = ({ live }: KeyView): string[] => live.map(({ id }) => id);
    expect(live(view({ ES256: keys.ES256 }, 1_100))).toEqual([kid(NOW), kid(OLD), kid(NEXT)]);
    expect(live(view({ ES256: keys.ES256 }, 1_360))).toEqual([kid(NOW), kid(NEXT)]);
    expect(view(keys, 1_500).byId.has(kid(LEAKED))).toBe(false);
  });

  it('separates the keys for the service itself from the others', () => {
    const { administration, byId } = view(keys, 1_500);
    expect([...administration]).toEqual([byId.get(kid(OWN))]);
  });

  it('does not sign with a key that would retire before its tokens expire, but keeps it', () => {
    expect(view(keys, 1_500, 301).signing.get('ES256')).toBeUndefined();
    expect(view(keys, 1_500, 301).byId.has(kid(NOW))).toBe(true);
  });

  it('omits keys that were not opened', () => {
    const unknown = { ...NOW, jwk: { ...NOW.jwk, kid: 'unknown' } };
    expect(view({ ES256: [unknown] }, 1_500)).toMatchObject({ live: [], signing: new Map() });
  });

  it.each([
    ['holds when it is made', 1_100, true],
    ['holds until just before a key retires', 1_359.999, true],
    ['no longer holds when a key retires', 1_360, false],
    ['no longer holds when another key signs', 2_000, false],
    ['does not hold before it was made, after the clock is set back', 1_099, false],
  ])('%s', (_name, seconds, expected) => {
    expect(view(keys, 1_100).holdsAt(seconds * 1000)).toBe(expected);
  });
});
