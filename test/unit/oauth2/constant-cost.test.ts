import crypto, {
  createHash,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { hasSecret, makeSecret } from '../../../src/clients/client-secret.js';
import { isSignedBy, readAssertion } from '../../../src/oauth2/client-assertion.js';
import { BAD_KEYS, modulusOf } from '../../support/bad-keys.js';
import {
  type AssertionAlgorithm,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

/** The functions of `node:crypto` that were called, with the sizes of their arguments. */
const work: string[] = [];

/** The size of an argument: of bytes their number, of a key its type and length. */
function sizeOf(given: unknown): string | number {
  if (ArrayBuffer.isView(given)) return given.byteLength;
  const { key } = Object(given) as { key?: KeyObject };
  if (!key?.asymmetricKeyDetails) return typeof given;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails;
  return [key.asymmetricKeyType, modulusLength, namedCurve].join(' ');
}

/** Records each call of a function of `node:crypto`. */
function noted<F extends (...given: never[]) => unknown>(name: string, call: F): F {
  return ((...given: Parameters<F>) => {
    work.push(`${name}(${given.map(sizeOf).join(', ')})`);
    return call(...given);
  }) as F;
}

/** Replaces functions of `node:crypto` for every module that has imported them. */
function replaceInCrypto(functions: object): void {
  Object.assign(crypto, functions);
  syncBuiltinESMExports();
}

const { hash, timingSafeEqual } = crypto;
const originals = { hash, timingSafeEqual, verify, createPublicKey };
beforeAll(() => {
  const counted = Object.entries(originals).map(([name, call]) => [name, noted(name, call)]);
  replaceInCrypto(Object.fromEntries(counted) as object);
});
afterAll(() => {
  replaceInCrypto(originals);
});

function isValidAssertion(client: Client | undefined, text: string): boolean {
  const parsed = readAssertion(text, ['identity-backend'], NEW_YEAR);
  if (!parsed) throw new Error('The assertion is malformed');
  return isSignedBy(client, parsed);
}

beforeEach(() => {
  work.length = 0;
});

/** The work of a failed attempt. */
function workOf(attempt: () => boolean): readonly string[] {
  work.length = 0;
  expect(attempt()).toBe(false);
  return [...work];
}

const client = (fields: Partial<Client>): Client =>
  ({ id: 'worker', secrets: [], jwks: null, ...fields }) as Client;

// How long a response takes depends on what is computed for it. A count of that is exact on any machine; a
// comparison of times is not.
describe('hasSecret for an unknown client', () => {
  it('costs as much as for a wrong secret of a client with no, one, two or expired secrets', () => {
    const now = NEW_YEAR * 1000;
    const [one, two] = [makeSecret(now, null).kept, makeSecret(now, null).kept];
    const expired = makeSecret(now, now - 1).kept;
    const unknown = workOf(() => hasSecret(undefined, 'wrong', now));
    expect(unknown).toEqual([
      'hash(string, string, string)',
      'timingSafeEqual(32, 32)',
      'timingSafeEqual(32, 32)',
    ]);
    for (const secrets of [[], [one], [one, two], [expired], [expired, one]])
      expect(workOf(() => hasSecret(client({ secrets }), 'wrong', now))).toEqual(unknown);
  });

  it('makes as many comparisons as for a correct secret', () => {
    const now = NEW_YEAR * 1000;
    const { text, kept } = makeSecret(now, null);
    work.length = 0;
    expect(hasSecret(client({ secrets: [kept, makeSecret(now, null).kept] }), text, now)).toBe(true);
    const right = work.filter((each) => each.startsWith('timingSafeEqual'));
    expect(right).toEqual(workOf(() => hasSecret(undefined, text, now)).slice(1));
  });
});

type Keys = readonly JsonWebKey[];

/** Sets of up to ten keys, among them the most expensive ones that a client can register. */
function hostileSets(algorithm: AssertionAlgorithm): [name: string, keys: Keys][] {
  const wrong = Array.from({ length: 10 }, () => wrongKey(algorithm));
  const named = wrong.map((jwk, index) => ({ ...jwk, kid: index < 5 ? 'k' : `${index}` }));
  const heavy = Array.from({ length: 10 }, () => ({ kty: 'RSA', e: '_____w', n: modulusOf(8192) }));
  return [
    ['one key', wrong.slice(0, 1)],
    ['two keys', wrong.slice(0, 2)],
    ['ten keys', wrong],
    ['ten keys, five with the same kid', named],
    ['ten 8192-bit RSA keys', heavy],
    ['only keys for other algorithms', makeAllButOne(algorithm)],
    ['ten keys that could not be registered today', BAD_KEYS.slice(0, 10).map(([, jwk]) => jwk)],
  ];
}

const isRsa = (algorithm: AssertionAlgorithm): boolean => /^[RP]S/.test(algorithm);

/** An RSA key takes long to generate; for a verification that must fail, any odd modulus will do. */
const wrongKey = (algorithm: AssertionAlgorithm): Keys[number] =>
  isRsa(algorithm)
    ? { kty: 'RSA', e: 'AQAB', n: randomBytes(256).fill(0xff, 0, 1).fill(1, 255).toString('base64url') }
    : makeClientKey(algorithm).jwk;

const makeAllButOne = (algorithm: AssertionAlgorithm): Keys =>
  (['RS256', 'ES256', 'ES384', 'EdDSA'] as const)
    .filter((each) => each !== algorithm && !(isRsa(each) && isRsa(algorithm)))
    .map(wrongKey);

const withKeys = (...keys: Keys): Client => client({ jwks: { keys } });

describe.each<AssertionAlgorithm>(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])(
  'an assertion signed with %s',
  (algorithm) => {
    const signer = makeClientKey(algorithm);
    const sets = hostileSets(algorithm);
    const verifications = (known: Client | undefined, text: string): readonly string[] => {
      // The first call parses the keys; later ones use the cache.
      isValidAssertion(known, text);
      return workOf(() => isValidAssertion(known, text)).filter((each) => each.startsWith('verify'));
    };

    it.each(sets)('costs two verifications to reject without a kid: %s', (_name, keys) => {
      const text = makeAssertion(signer, 'worker');
      expect(verifications(withKeys(...keys), text)).toHaveLength(2);
    });

    it.each(sets)('costs one verification to reject with a kid, known or unknown: %s', (_name, keys) => {
      for (const kid of ['k', '7', 'unknown', '']) {
        const text = makeAssertion(signer, 'worker', { header: { kid } });
        expect(verifications(withKeys(...keys), text)).toHaveLength(1);
      }
    });

    it('costs at most two parsed JWKs the first time, and one with a kid', () => {
      const keys = Array.from({ length: 10 }, (_, index) => ({ ...wrongKey(algorithm), kid: `${index}` }));
      for (const [kid, most] of [
        ['7', 1],
        [undefined, 2],
      ] as const) {
        const fresh = withKeys(...keys.map((jwk) => ({ ...jwk })), ...makeAllButOne(algorithm));
        const text = makeAssertion(signer, 'worker', { header: { kid } });
        const work = workOf(() => isValidAssertion(fresh, text));
        expect(work.filter((each) => each.startsWith('createPublicKey'))).toHaveLength(most);
      }
    });

    it('costs as much to reject for an unknown client and for one without keys', () => {
      const known = withKeys(wrongKey(algorithm), wrongKey(algorithm));
      for (const header of [{}, { kid: 'k' }]) {
        const text = makeAssertion(signer, 'worker', { header });
        const wrongKey = verifications(known, text);
        expect(verifications(undefined, text)).toEqual(wrongKey);
        expect(verifications(client({}), text)).toEqual(wrongKey);
      }
    });

    it('is accepted if one of the first two keys for its alg verifies it, or the key with its kid', () => {
      const others = Array.from({ length: 3 }, (_, index) => ({
        ...wrongKey(algorithm),
        kid: `${index}`,
      }));
      const byKeys = (keys: Keys, kid?: string): boolean =>
        isValidAssertion(withKeys(...keys), makeAssertion(signer, 'worker', { header: { kid } }));
      const own = { ...signer.jwk, kid: 'own' };
      expect(byKeys([own, ...others])).toBe(true);
      expect(byKeys([...others.slice(1), own])).toBe(false);
      expect(byKeys([...makeAllButOne(algorithm), others[0] ?? own, own])).toBe(true);
      expect(byKeys([...others, own], 'own')).toBe(true);
      expect(byKeys([...others, own], '0')).toBe(false);
    });
  },
);

describe('a registered RSA key with the public exponent 1', () => {
  it('is not used, as anyone can forge its signatures', () => {
    const { privateKey, jwk } = makeClientKey('RS256');
    const e1 = { ...jwk, e: 'AQ' };
    // With the exponent 1 a signature is the padded hash itself.
    const [header, claims] = makeAssertion({ algorithm: 'RS256', privateKey } as ClientKey, 'worker').split(
      '.',
    );
    const hash = createHash('sha256').update(`${header}.${claims}`).digest();
    const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const padding = Buffer.alloc(256 - 3 - info.length - hash.length, 0xff);
    const forged = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), info, hash]);
    const text = `${header}.${claims}.${forged.toString('base64url')}`;
    const key = createPublicKey({ key: e1, format: 'jwk' });
    expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, forged)).toBe(true);
    expect(isValidAssertion(withKeys(e1), text)).toBe(false);
  });
});
