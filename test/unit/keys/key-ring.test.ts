import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { KeyRing, type KeyRingOptions } from '../../../src/keys/key-ring.js';
import type { SigningKey } from '../../../src/keys/signing-key.js';
import type { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { SharedKeys, storedKeys } from '../../support/key-fleet.js';
import { MovedClock } from '../../support/moved-clock.js';
import { signingKeyFor } from '../../support/private-keys.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const ISSUER = 'identity-backend';

const ring = (changes: Partial<KeyRingOptions> = {}, stored?: ManagedKeys): KeyRing =>
  new KeyRing(
    { issuer: ISSUER, algorithms: ['HS256'], secret: SECRET, previousSecrets: [], ...changes },
    stored,
  );

/** The key with which a ring signs; throws if there is none. */
function signing(keys: KeyRing, purpose: Algorithm | 'administration' = 'HS256'): SigningKey {
  const key = keys.signing(purpose);
  if (!key) throw new Error(`No key for ${purpose}`);
  return key;
}

const idsOf = (keys: readonly { id: string }[]): string[] => keys.map(({ id }) => id);

describe('KeyRing with shared secrets', () => {
  it('signs with the current secret', async () => {
    const keys = ring({ algorithms: ['HS512', 'HS256'], previousSecrets: [PREVIOUS_SECRET] });
    const { id } = signing(keys, 'HS512');
    const { header } = readToken(await signing(keys, 'HS512').sign({ exp: 1 }));
    expect(header).toEqual({ alg: 'HS512', typ: 'JWT', kid: id });
    expect(id).toBe(signing(ring({ algorithms: ['HS512'] }), 'HS512').id);
  });

  it.each<[string, Partial<KeyRingOptions>]>([
    ['an algorithm', { algorithms: [] }],
    ['a shared secret for a configured HMAC algorithm', { secret: undefined }],
    [
      'a shared secret for the HMAC algorithm of one audience',
      {
        algorithms: ['ES256'],
        audienceAlgorithms: new Map([['reporting', ['HS256']]]),
        secret: undefined,
        importedKeys: [signingKeyFor('ES256')],
      },
    ],
    ['a private key for a configured asymmetric algorithm', { algorithms: ['ES256'] }],
    [
      'a private key that fits the algorithm',
      { algorithms: ['ES256'], importedKeys: [signingKeyFor('EdDSA')] },
    ],
  ])('throws RangeError without %s', (_name, changes) => {
    expect(() => ring(changes)).toThrow(RangeError);
  });

  it('tries only the key of a known kid', () => {
    const keys = ring({ previousSecrets: [PREVIOUS_SECRET] });
    const previous = signing(ring({ secret: PREVIOUS_SECRET }));
    for (const id of [signing(keys).id, previous.id]) {
      const candidates = keys.candidates('HS256', id);
      expect(candidates.keyIdKnown).toBe(true);
      expect(idsOf(candidates.keys)).toEqual([id]);
    }
  });

  it.each([
    ['missing', undefined],
    ['unknown', 'key-of-another-service'],
    ['empty', ''],
    ['a property name of Object.prototype', 'constructor'],
  ])('tries every secret of the algorithm if the kid is %s', (_name, kid) => {
    const keys = ring({
      algorithms: ['HS256', 'HS384'],
      previousSecrets: [PREVIOUS_SECRET, 'a third secret'],
    });
    const candidates = keys.candidates('HS384', kid);
    expect(candidates.keyIdKnown).toBe(false);
    expect(candidates.keys.map(({ algorithm }) => algorithm)).toEqual(['HS384', 'HS384', 'HS384']);
  });

  it('tries nothing if the kid belongs to a secret for another algorithm', () => {
    const keys = ring({ algorithms: ['HS256', 'HS384'] });
    expect(keys.candidates('HS384', signing(keys).id)).toEqual({ keys: [], keyIdKnown: true });
  });

  it.each(['HS384', 'HS512', 'RS256', 'ES256', 'EdDSA'] as const)(
    'tries nothing for %s, which is not configured',
    (alg) => {
      expect(ring().candidates(alg, undefined)).toEqual({ keys: [], keyIdKnown: false });
    },
  );

  it('verifies with previous secrets, but does not sign with them', async () => {
    const keys = ring({ previousSecrets: [PREVIOUS_SECRET] });
    const isVerified = (token: string): boolean =>
      keys.candidates('HS256', undefined).keys.some((key) => key.verifies(token));
    expect(isVerified(handMadeToken({ secret: PREVIOUS_SECRET }))).toBe(true);
    expect(isVerified(handMadeToken({ secret: 'a secret that was never in force, ever' }))).toBe(false);
    const previousRing = ring({ secret: PREVIOUS_SECRET });
    expect(signing(previousRing).verifies(await signing(keys).sign({}))).toBe(false);
  });

  it('publishes no shared secret', () => {
    expect(ring({ algorithms: ['HS256', 'HS512'], previousSecrets: [PREVIOUS_SECRET] }).publicKeys).toEqual(
      [],
    );
  });
});

describe('KeyRing.purposeFor', () => {
  const keys = ring({
    algorithms: ['HS256', 'EdDSA'],
    audienceAlgorithms: new Map<string, readonly Algorithm[]>([
      ['reporting', ['ES256']],
      ['billing', ['RS256', 'HS256']],
      ['moving', ['EdDSA', 'HS256']],
      ['moved', ['EdDSA']],
    ]),
    importedKeys: (['EdDSA', 'ES256', 'RS256'] as const).map((algorithm) => signingKeyFor(algorithm)),
  });

  it.each<[string, string[], string | undefined]>([
    ['the first default algorithm for no audience', [], 'HS256'],
    ['the first default algorithm for an audience without a list', ['logging'], 'HS256'],
    ['the first algorithm of its list for an audience with a list', ['reporting'], 'ES256'],
    ['the first algorithm of the first audience that the second accepts', ['logging', 'moved'], 'EdDSA'],
    ['the only common algorithm for the two in reverse order', ['moved', 'logging'], 'EdDSA'],
    ['the preference of the first audience if two lists differ in order', ['moving', 'logging'], 'EdDSA'],
    ['the preference of the other audience if it is first', ['logging', 'moving'], 'HS256'],
    ['the only common algorithm of three audiences', ['billing', 'moving', 'logging'], 'HS256'],
    ['undefined for audiences without a common algorithm', ['reporting', 'logging'], undefined],
    [
      'undefined if only two of three audiences have a common algorithm',
      ['logging', 'moving', 'reporting'],
      undefined,
    ],
    ['administration for the service itself', [ISSUER], 'administration'],
    ['undefined for the service itself before another audience', [ISSUER, 'logging'], undefined],
    ['undefined for the service itself after another audience', ['logging', ISSUER], undefined],
  ])('returns %s', (_name, audiences, expected) => {
    expect(keys.purposeFor(audiences)).toBe(expected);
  });
});

describe('KeyRing with audiences that are URLs', () => {
  const keys = ring({
    issuer: 'https://id.example.com',
    audienceAlgorithms: new Map<string, readonly Algorithm[]>([
      ['https://API.example.com:443/mcp', ['ES256']],
    ]),
    importedKeys: [signingKeyFor('ES256')],
  });
  const shared = signing(keys);

  it.each(['https://api.example.com/mcp', 'HTTPS://Api.Example.Com/mcp', 'https://api.example.com:443/mcp'])(
    'does not allow the shared secret for %s, which left it',
    (audience) => {
      expect(keys.purposeFor([audience])).toBe('ES256');
      expect(keys.allows(audience, shared)).toBe(false);
    },
  );

  it.each(['https://api.example.com/MCP', 'https://api.example.com/mcp/', 'http://api.example.com/mcp'])(
    'allows the shared secret for %s, which is another audience',
    (audience) => {
      expect(keys.purposeFor([audience])).toBe('HS256');
      expect(keys.allows(audience, shared)).toBe(true);
    },
  );

  it.each(['https://id.example.com', 'https://ID.example.com/', 'HTTPS://id.example.com:443'])(
    'takes %s for the service itself',
    (audience) => {
      expect(keys.purposeFor([audience])).toBe('administration');
      expect(keys.purposeFor([audience, 'logging'])).toBeUndefined();
      expect(keys.allows(audience, shared)).toBe(false);
    },
  );
});

describe('KeyRing with managed and imported keys', () => {
  const lists = new Map<string, readonly Algorithm[]>([
    ['reporting', ['ES256']],
    ['billing', ['RS256', 'EdDSA']],
  ]);
  const GIVEN = [signingKeyFor('EdDSA', 'first'), signingKeyFor('EdDSA', 'second')];
  const OPTIONS = { algorithms: ['HS256', 'EdDSA'], audienceAlgorithms: lists, importedKeys: GIVEN } as const;
  let stored: ManagedKeys;
  let keys: KeyRing;
  beforeAll(async () => {
    stored = storedKeys(new SharedKeys(), new MovedClock(), { algorithms: ['ES256'] });
    await stored.sync();
    await stored.ensureAdministration();
    keys = ring(OPTIONS, stored);
  });

  it('signs with the first imported key, or with a managed key if none is imported', () => {
    expect(signing(keys, 'EdDSA').id).toBe(GIVEN[0]?.id);
    expect(signing(keys, 'ES256').id).toBe(stored.signing('ES256')?.id);
    expect(keys.signing('RS256')).toBeUndefined();
  });

  it('publishes the imported keys, then the current and next managed ones, without private parts', () => {
    const kids = keys.publicKeys.map(({ kid }) => kid);
    expect(kids.slice(0, 2)).toEqual(idsOf(GIVEN));
    expect(kids).toHaveLength(2 + 2 + 2);
    expect(JSON.stringify(keys.publicKeys)).not.toMatch(/"(d|k)":|"oct"/);
  });

  it('verifies with the second imported key', async () => {
    const token = await (GIVEN[1] as SigningKey).sign({});
    const { keys: tried } = keys.candidates('EdDSA', GIVEN[1]?.id);
    expect(tried.map((key) => key.verifies(token))).toEqual([true]);
  });

  it('tries every current key of the algorithm if a token has no kid', () => {
    expect(idsOf(keys.candidates('EdDSA', undefined).keys)).toEqual(idsOf(GIVEN));
    const { keys: tried, keyIdKnown } = keys.candidates('ES256', undefined);
    expect({ count: tried.length, keyIdKnown }).toEqual({ count: 4, keyIdKnown: false });
  });

  it.each([
    ['unknown', 'EdDSA', 'key-of-another-service'],
    ['empty', 'EdDSA', ''],
    ['a property name of Object.prototype', 'ES256', 'constructor'],
  ] as const)('tries nothing for an asymmetric algorithm if the kid is %s', (_name, algorithm, kid) => {
    expect(keys.candidates(algorithm, kid)).toEqual({ keys: [], keyIdKnown: false });
  });

  it('tries nothing if the kid belongs to a key for another algorithm', () => {
    const kid = GIVEN[0]?.id;
    expect(keys.candidates('ES256', kid)).toEqual({ keys: [], keyIdKnown: true });
    expect(keys.candidates('HS256', kid)).toEqual({ keys: [], keyIdKnown: true });
  });

  it.each<[string, Algorithm | 'administration', string, boolean]>([
    ['the shared secret', 'HS256', 'logging', true],
    ['the shared secret', 'HS256', 'reporting', false],
    ['the shared secret', 'HS256', ISSUER, false],
    ['an imported key', 'EdDSA', 'logging', true],
    ['an imported key', 'EdDSA', 'billing', true],
    ['an imported key', 'EdDSA', 'reporting', false],
    ['an imported key', 'EdDSA', ISSUER, false],
    ['a managed key', 'ES256', 'reporting', true],
    ['a managed key', 'ES256', 'logging', false],
    ['a managed key', 'ES256', ISSUER, false],
    ['the key for the service itself', 'administration', ISSUER, true],
    ['the key for the service itself, of the same algorithm', 'administration', 'reporting', false],
    ['the key for the service itself', 'administration', 'logging', false],
  ])('allows %s (%s) for the audience %s: %s', (_name, purpose, audience, expected) => {
    expect(keys.allows(audience, signing(keys, purpose))).toBe(expected);
  });

  it.each<[Algorithm | 'administration', boolean]>([
    ['HS256', true],
    ['EdDSA', true],
    ['ES256', false],
    ['administration', false],
  ])('allows the key for %s without an audience: %s', (purpose, expected) => {
    expect(keys.allowsNoAudience(signing(keys, purpose))).toBe(expected);
  });

  it('does not allow the key for the service itself without an audience, even if ES256 is a default', () => {
    const own = ring({ ...OPTIONS, algorithms: ['ES256'] }, stored);
    expect(own.allowsNoAudience(signing(own, 'ES256'))).toBe(true);
    expect(own.allowsNoAudience(signing(own, 'administration'))).toBe(false);
  });
});
