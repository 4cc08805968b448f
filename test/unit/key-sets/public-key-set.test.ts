import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { PublicKeySet } from '../../../src/key-sets/public-key-set.js';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { BAD_KEYS } from '../../support/bad-keys.js';
import { JoseKey, PUBLIC_ALGORITHMS } from '../../support/jose-key.js';

type Keys = Record<(typeof PUBLIC_ALGORITHMS)[number], JoseKey>;

let keys: Keys;
beforeAll(async () => {
  const made = await Promise.all(PUBLIC_ALGORITHMS.map((algorithm) => JoseKey.make(algorithm, algorithm)));
  keys = Object.fromEntries(made.map((key) => [key.algorithm, key])) as Keys;
});

const read = (...jwks: unknown[]): PublicKeySet =>
  PublicKeySet.read(jwks, PUBLIC_ALGORITHMS, PublicKeySet.EMPTY);

/** How many keys of the set verify tokens of each algorithm. */
const counts = (set: PublicKeySet): Record<string, number> =>
  Object.fromEntries(
    PUBLIC_ALGORITHMS.map(
      (algorithm) => [algorithm, set.candidates(algorithm, undefined).keys.length] as const,
    ).filter(([, count]) => count > 0),
  );

describe('PublicKeySet', () => {
  it.each(PUBLIC_ALGORITHMS)(
    'finds the key for %s by its ID, and the key verifies a token',
    async (algorithm) => {
      const { keys: found, keyIdKnown } = read(...Object.values(keys).map(({ jwk }) => jwk)).candidates(
        algorithm,
        algorithm,
      );
      expect(keyIdKnown).toBe(true);
      expect(found.map(({ id }) => id)).toEqual([algorithm]);
      expect(found[0]?.verifies(await keys[algorithm].sign())).toBe(true);
    },
  );

  it('has no key if the ID is known for another algorithm', () => {
    expect(read(keys.ES256.jwk).candidates('ES384', 'ES256')).toEqual({ keys: [], keyIdKnown: true });
  });

  it('has no key if the ID is unknown, even if the algorithm matches', () => {
    expect(read(keys.ES256.jwk).candidates('ES256', 'other')).toEqual({ keys: [], keyIdKnown: false });
  });

  it('has every key of the algorithm if no ID is given', async () => {
    const other = await JoseKey.make('ES256', 'other');
    const set = read(keys.ES256.jwk, other.jwk, keys.RS256.jwk);
    expect(set.candidates('ES256', undefined).keys.map(({ id }) => id)).toEqual(['ES256', 'other']);
    expect(set.candidates('ES256', undefined).keyIdKnown).toBe(false);
  });

  it('distinguishes keys with the same ID by their algorithm', async () => {
    const twin = { ...(await JoseKey.make('RS256')).jwk, kid: 'ES256' };
    const set = read(keys.ES256.jwk, twin);
    expect(set.candidates('ES256', 'ES256').keys).toHaveLength(1);
    expect(set.candidates('RS256', 'ES256').keys).toHaveLength(1);
  });

  it.each([
    ['RS256', 'RS256'],
    ['ES256', 'ES256'],
    ['ES384', 'ES384'],
    ['EdDSA', 'EdDSA'],
    ['PS256', 'RS256'],
  ] as const)('treats a key for %s without alg as a key for %s', (algorithm, deduced) => {
    expect(counts(read({ ...keys[algorithm].jwk, alg: undefined }))).toEqual({ [deduced]: 1 });
  });

  it('treats an RSA key without alg as a key for PS256 if RS256 is not accepted', () => {
    const jwk = { ...keys.RS256.jwk, alg: undefined };
    const set = PublicKeySet.read([jwk], ['PS256', 'ES256'], PublicKeySet.EMPTY);
    expect(counts(set)).toEqual({ PS256: 1 });
  });

  it('skips keys for algorithms that are not accepted', () => {
    const jwks = Object.values(keys).map(({ jwk }) => jwk);
    expect(counts(PublicKeySet.read(jwks, ['ES256'], PublicKeySet.EMPTY))).toEqual({ ES256: 1 });
  });

  it.each<[string, (jwk: object) => unknown]>([
    ['is not an object', () => 'key'],
    ['is null', () => null],
    ['is an array', (jwk) => [jwk]],
    ['is for encryption', (jwk) => ({ ...jwk, use: 'enc' })],
    ['is only for signing', (jwk) => ({ ...jwk, key_ops: ['sign'] })],
    ['has key_ops that are not an array', (jwk) => ({ ...jwk, key_ops: 'verify' })],
    ['names an algorithm of another type', (jwk) => ({ ...jwk, alg: 'RS256' })],
    ['names an HMAC algorithm', (jwk) => ({ ...jwk, alg: 'HS256' })],
    ['names the algorithm none', (jwk) => ({ ...jwk, alg: 'none' })],
    ['names an algorithm that is not a string', (jwk) => ({ ...jwk, alg: null })],
    ['names a property of Object.prototype as its algorithm', (jwk) => ({ ...jwk, alg: 'toString' })],
    [
      'names a property of Object.prototype as its type',
      (jwk) => ({ ...jwk, kty: 'toString', crv: undefined, alg: undefined }),
    ],
    ['has another curve', (jwk) => ({ ...jwk, crv: 'P-384', alg: undefined })],
    ['has no curve', (jwk) => ({ ...jwk, crv: undefined })],
    ['is a point outside its curve', (jwk) => ({ ...jwk, x: 'A'.repeat(43) })],
    ['lacks a parameter', (jwk) => ({ ...jwk, y: undefined })],
    ['includes its private part', (jwk) => ({ ...jwk, d: 'A'.repeat(43) })],
    ['is a shared secret', () => ({ kty: 'oct', k: 'A'.repeat(43), alg: 'HS256', use: 'sig' })],
    ['is a shared secret with the alg ES256', () => ({ kty: 'oct', k: 'A'.repeat(43), alg: 'ES256' })],
    [
      'is on secp256k1',
      () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }),
    ],
    [
      'is an RSA key under 2048 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 2047 }).publicKey.export({ format: 'jwk' }),
    ],
    ['is for key agreement', () => generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
  ])('skips a key that %s, and keeps the others', (_name, change) => {
    expect(counts(read(change(keys.ES256.jwk), keys.ES384.jwk))).toEqual({ ES384: 1 });
  });

  it.each(BAD_KEYS)('skips %s, and keeps the others', (_name, jwk) => {
    expect(counts(read(jwk, keys.ES384.jwk, jwk))).toEqual({ ES384: 1 });
  });

  it('skips a private key that jose exports', async () => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    expect(counts(read(await exportJWK(privateKey)))).toEqual({});
  });

  it('uses a key without an ID only for tokens without one', () => {
    const set = read({ ...keys.ES256.jwk, kid: undefined });
    expect(set.candidates('ES256', undefined).keys).toHaveLength(1);
    expect(set.candidates('ES256', 'ES256').keys).toEqual([]);
  });

  it('reads a repeated key once', () => {
    expect(counts(read(keys.ES256.jwk, keys.ES256.jwk, { ...keys.ES256.jwk }))).toEqual({ ES256: 1 });
  });

  it('reads at most 100 keys', () => {
    const jwks = Array.from({ length: 150 }, (_, index) => ({ ...keys.ES256.jwk, kid: `key-${index}` }));
    expect(counts(read(...jwks))).toEqual({ ES256: 100 });
  });

  it('reuses the keys of the previous set', () => {
    const candidate = (set: PublicKeySet, algorithm: Algorithm): unknown =>
      set.candidates(algorithm, undefined).keys[0];
    const previous = read(keys.ES256.jwk, keys.EdDSA.jwk);
    const next = PublicKeySet.read([{ ...keys.ES256.jwk }, keys.RS256.jwk], PUBLIC_ALGORITHMS, previous);
    expect(candidate(next, 'ES256')).toBe(candidate(previous, 'ES256'));
    expect(counts(next)).toEqual({ ES256: 1, RS256: 1 });
  });
});
