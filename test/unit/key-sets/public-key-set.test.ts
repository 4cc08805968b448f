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
  it.each(PUBLIC_ALGORITHMS)('finds a key of %s by its id, and it verifies', async (algorithm) => {
    const { keys: found, keyIdKnown } = read(...Object.values(keys).map(({ jwk }) => jwk)).candidates(
      algorithm,
      algorithm,
    );
    expect(keyIdKnown).toBe(true);
    expect(found.map(({ id }) => id)).toEqual([algorithm]);
    expect(found[0]?.verifies(await keys[algorithm].sign())).toBe(true);
  });

  it('has no key if the ID is known for another algorithm', () => {
    expect(read(keys.ES256.jwk).candidates('ES384', 'ES256')).toEqual({ keys: [], keyIdKnown: true });
  });

  it('has no key if the ID is unknown, however well the algorithm fits', () => {
    expect(read(keys.ES256.jwk).candidates('ES256', 'other')).toEqual({ keys: [], keyIdKnown: false });
  });

  it('has every key of the algorithm if no ID is named', async () => {
    const other = await JoseKey.make('ES256', 'other');
    const set = read(keys.ES256.jwk, other.jwk, keys.RS256.jwk);
    expect(set.candidates('ES256', undefined).keys.map(({ id }) => id)).toEqual(['ES256', 'other']);
    expect(set.candidates('ES256', undefined).keyIdKnown).toBe(false);
  });

  it('keeps keys with one id apart by their algorithm', async () => {
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
  ] as const)('takes a key for %s that names no algorithm as one for %s', (algorithm, deduced) => {
    expect(counts(read({ ...keys[algorithm].jwk, alg: undefined }))).toEqual({ [deduced]: 1 });
  });

  it('takes an RSA key that names no algorithm as one for PS256 if RS256 is not accepted', () => {
    const jwk = { ...keys.RS256.jwk, alg: undefined };
    const set = PublicKeySet.read([jwk], ['PS256', 'ES256'], PublicKeySet.EMPTY);
    expect(counts(set)).toEqual({ PS256: 1 });
  });

  it('leaves out keys of algorithms that are not accepted', () => {
    const jwks = Object.values(keys).map(({ jwk }) => jwk);
    expect(counts(PublicKeySet.read(jwks, ['ES256'], PublicKeySet.EMPTY))).toEqual({ ES256: 1 });
  });

  it.each<[string, (jwk: object) => unknown]>([
    ['is no object', () => 'key'],
    ['is null', () => null],
    ['is an array', (jwk) => [jwk]],
    ['is for encryption', (jwk) => ({ ...jwk, use: 'enc' })],
    ['is for signing alone', (jwk) => ({ ...jwk, key_ops: ['sign'] })],
    ['has operations that are no list', (jwk) => ({ ...jwk, key_ops: 'verify' })],
    ['names an algorithm of another type', (jwk) => ({ ...jwk, alg: 'RS256' })],
    ['names an HMAC', (jwk) => ({ ...jwk, alg: 'HS256' })],
    ['names none', (jwk) => ({ ...jwk, alg: 'none' })],
    ['names an algorithm that is no text', (jwk) => ({ ...jwk, alg: null })],
    ['names an algorithm of Object.prototype', (jwk) => ({ ...jwk, alg: 'toString' })],
    [
      'is of a type of Object.prototype',
      (jwk) => ({ ...jwk, kty: 'toString', crv: undefined, alg: undefined }),
    ],
    ['has another curve', (jwk) => ({ ...jwk, crv: 'P-384', alg: undefined })],
    ['has no curve', (jwk) => ({ ...jwk, crv: undefined })],
    ['is a point outside its curve', (jwk) => ({ ...jwk, x: 'A'.repeat(43) })],
    ['lacks a parameter', (jwk) => ({ ...jwk, y: undefined })],
    ['has published its private part', (jwk) => ({ ...jwk, d: 'A'.repeat(43) })],
    ['is a shared secret', () => ({ kty: 'oct', k: 'A'.repeat(43), alg: 'HS256', use: 'sig' })],
    ['is a shared secret said to be for ES256', () => ({ kty: 'oct', k: 'A'.repeat(43), alg: 'ES256' })],
    [
      'is on secp256k1',
      () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }),
    ],
    [
      'is an RSA key under 2048 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 2047 }).publicKey.export({ format: 'jwk' }),
    ],
    ['is for key agreement', () => generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
  ])('leaves out a key that %s, and keeps the others', (_name, change) => {
    expect(counts(read(change(keys.ES256.jwk), keys.ES384.jwk))).toEqual({ ES384: 1 });
  });

  it.each(BAD_KEYS)('skips %s, and keeps the others', (_name, jwk) => {
    expect(counts(read(jwk, keys.ES384.jwk, jwk))).toEqual({ ES384: 1 });
  });

  it('skips a private key that jose exports', async () => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    expect(counts(read(await exportJWK(privateKey)))).toEqual({});
  });

  it('takes a key without an id, for tokens without one', () => {
    const set = read({ ...keys.ES256.jwk, kid: undefined });
    expect(set.candidates('ES256', undefined).keys).toHaveLength(1);
    expect(set.candidates('ES256', 'ES256').keys).toEqual([]);
  });

  it('takes a key once, however often it is published', () => {
    expect(counts(read(keys.ES256.jwk, keys.ES256.jwk, { ...keys.ES256.jwk }))).toEqual({ ES256: 1 });
  });

  it('reads a hundred keys and no more', () => {
    const jwks = Array.from({ length: 150 }, (_, index) => ({ ...keys.ES256.jwk, kid: `key-${index}` }));
    expect(counts(read(...jwks))).toEqual({ ES256: 100 });
  });

  it('reuses keys of the previous set, so that each is made once', () => {
    const candidate = (set: PublicKeySet, algorithm: Algorithm): unknown =>
      set.candidates(algorithm, undefined).keys[0];
    const previous = read(keys.ES256.jwk, keys.EdDSA.jwk);
    const next = PublicKeySet.read([{ ...keys.ES256.jwk }, keys.RS256.jwk], PUBLIC_ALGORITHMS, previous);
    expect(candidate(next, 'ES256')).toBe(candidate(previous, 'ES256'));
    expect(counts(next)).toEqual({ ES256: 1, RS256: 1 });
  });
});
