import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPublicKey, readPublicKeySet } from '../../../src/jwt/public-key.js';
import {
  BAD_KEYS,
  base64UrlOf,
  type Jwk,
  modulusOf,
  SMALL_ORDER_POINTS,
  VALID_PAIRS,
} from '../../support/bad-keys.js';
import { cpuTimeOf } from '../../support/cpu-time.js';

const RSA = VALID_PAIRS.RSA.publicJwk;
const EC = VALID_PAIRS['P-256'].publicJwk;
const OKP = VALID_PAIRS.Ed25519.publicJwk;

const algorithmsOf = (jwk: unknown): unknown => {
  const read = readPublicKey(jwk);
  return typeof read === 'string' ? read : read.algorithms;
};

describe('readPublicKey', () => {
  it.each<[string, Jwk, string[]]>([
    ['RSA', RSA, ['RS256', 'PS256']],
    ['P-256', EC, ['ES256']],
    ['P-384', VALID_PAIRS['P-384'].publicJwk, ['ES384']],
    ['Ed25519', OKP, ['EdDSA']],
    ['RSA that names its algorithm', { ...RSA, alg: 'PS256' }, ['PS256']],
    ['Ed25519 by its older name', { ...OKP, alg: 'EdDSA' }, ['EdDSA']],
    ['Ed25519 by its newer name', { ...OKP, alg: 'Ed25519' }, ['EdDSA']],
    ['a key for signatures', { ...EC, use: 'sig', key_ops: ['verify'] }, ['ES256']],
    ['a key with verify among its key_ops', { ...EC, key_ops: ['sign', 'verify'] }, ['ES256']],
    ['a key with unknown parameters', { ...EC, x5c: ['a'], note: 1 }, ['ES256']],
    ['an RSA key with a crv, which is ignored', { ...RSA, crv: 'P-256' }, ['RS256', 'PS256']],
    ['RSA of exactly 2048 bits', { ...RSA, n: modulusOf(2048) }, ['RS256', 'PS256']],
    ['RSA of 2055 bits', { ...RSA, n: modulusOf(2055) }, ['RS256', 'PS256']],
    ['RSA of 8192 bits', { ...RSA, n: modulusOf(8192) }, ['RS256', 'PS256']],
    ['RSA with the smallest exponent', { ...RSA, e: base64UrlOf(65537n) }, ['RS256', 'PS256']],
    ['RSA with the largest exponent', { ...RSA, e: base64UrlOf(2n ** 32n - 1n) }, ['RS256', 'PS256']],
  ])('accepts %s', (_name, jwk, algorithms) => {
    expect(algorithmsOf(jwk)).toEqual(algorithms);
  });

  it.each(BAD_KEYS)('rejects %s without exposing the key', (_name, jwk) => {
    const words = readPublicKey(jwk);
    expect(words).toEqual(expect.stringMatching(/^(has|is|names) /));
    for (const parameter of ['n', 'x', 'y', 'd'] as const) {
      if (String(jwk[parameter]).length > 20) expect(words).not.toContain(String(jwk[parameter]));
    }
  });

  it.each([null, undefined, 5, 'key', [EC], true])('rejects %j, which is not an object', (value) => {
    expect(readPublicKey(value)).toBe('is not a JSON object');
  });

  it('rejects an overlong modulus within a millisecond, before decoding it', () => {
    const took = cpuTimeOf(() => {
      for (let times = 0; times < 1_000; times++) readPublicKey({ ...RSA, n: 'A'.repeat(60_000) });
    });
    expect(took).toBeLessThan(1_000);
  });

  it('accepts an RSA key if and only if its modulus and exponent are within their bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_000 }),
        fc.bigInt(0n, 2n ** 40n),
        fc.boolean(),
        (bits, e, odd) => {
          const n = base64UrlOf((1n << BigInt(bits - 1)) + (odd && bits > 1 ? 1n : 0n));
          const isValid =
            bits >= 2048 && bits <= 8192 && odd && e > 2n ** 16n && e < 2n ** 32n && e % 2n === 1n;
          expect(typeof readPublicKey({ kty: 'RSA', n, e: base64UrlOf(e) }) !== 'string').toBe(isValid);
        },
      ),
    );
  });

  it('accepts random Ed25519, P-256 and P-384 keys', () => {
    for (let times = 0; times < 50; times++) {
      for (const pair of [
        generateKeyPairSync('ed25519'),
        generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      ]) {
        expect(typeof readPublicKey(pair.publicKey.export({ format: 'jwk' }))).toBe('object');
      }
    }
  });

  it('accepts about half of the Ed25519 encodings, and OpenSSL can use each of these', () => {
    const signature = sign(null, Buffer.from('m'), generateKeyPairSync('ed25519').privateKey);
    let accepted = 0;
    for (let y = 2; y < 202; y++) {
      const x = Buffer.concat([Buffer.from([y]), Buffer.alloc(31)]).toString('base64url');
      if (typeof readPublicKey({ ...OKP, x }) === 'string') continue;
      accepted++;
      expect(
        verify(null, Buffer.from('m'), createPublicKey({ key: { ...OKP, x }, format: 'jwk' }), signature),
      ).toBe(false);
    }
    expect(accepted).toBeGreaterThan(60);
    expect(accepted).toBeLessThan(140);
  });

  it('does not throw for arbitrary parameters', () => {
    const name = fc.constantFrom('kty', 'crv', 'n', 'e', 'x', 'y', 'alg', 'use', 'key_ops', 'kid', 'd');
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('RSA', 'EC', 'OKP', 'P-256', 'Ed25519', 'AQAB', RSA.n, EC.x, EC.y, OKP.x),
    );
    fc.assert(
      fc.property(fc.constantFrom(RSA, EC, OKP), fc.dictionary(name, value), (jwk, parameters) => {
        expect(['string', 'object']).toContain(typeof readPublicKey({ ...jwk, ...parameters }));
      }),
    );
  });
});

/**
 * Signatures that need no private key: with these R and S, only the product of key and message could differ.
 */
const FORGED = ['01', ...SMALL_ORDER_POINTS.slice(1, 8)].map((hex) =>
  Buffer.concat([Buffer.from(hex.padEnd(64, '0'), 'hex'), Buffer.alloc(32)]),
);

describe('a point of small order', () => {
  /** Node 24 and later reject signatures with such a point; Node 20 and 22 accept them. */
  const verifiesForgeries = Number.parseInt(process.versions.node) < 24;

  it.each(SMALL_ORDER_POINTS.slice(0, 8))(
    '%s is rejected; before Node 24, OpenSSL accepts forged signatures for it',
    (hex) => {
      const jwk: JsonWebKey = { ...OKP, x: Buffer.from(hex, 'hex').toString('base64url') };
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const forged = Array.from({ length: 64 }, (_, index) =>
        FORGED.some((signature) => verify(null, Buffer.from(`message ${index}`), key, signature)),
      );
      expect(forged.includes(true)).toBe(verifiesForgeries);
      expect(readPublicKey(jwk)).toMatch(/^has a point /);
    },
  );
});

describe('readPublicKey for signing', () => {
  it('accepts private parameters, and requires sign in key_ops if present', () => {
    const jwk = VALID_PAIRS['P-256'].privateJwk;
    expect(readPublicKey(jwk, 'sign')).toMatchObject({ algorithms: ['ES256'] });
    expect(readPublicKey({ ...jwk, key_ops: ['sign'] }, 'sign')).toMatchObject({ algorithms: ['ES256'] });
    expect(readPublicKey({ ...jwk, key_ops: ['verify'] }, 'sign')).toBe('has key_ops that do not allow sign');
  });

  it('returns the public key without the private part', () => {
    const read = readPublicKey(VALID_PAIRS.RSA.privateJwk, 'sign');
    expect(read).toMatchObject({ key: { type: 'public' } });
  });
});

describe('readPublicKeySet', () => {
  const withKids = (count: number): Jwk[] =>
    Array.from({ length: count }, (_, index) => ({ ...EC, kid: `${index}` }));

  it('accepts 1 to 10 keys', () => {
    for (const count of [1, 2, 10]) expect(readPublicKeySet({ keys: withKids(count) })).toHaveLength(count);
    for (const count of [0, 11, 1_000])
      expect(readPublicKeySet({ keys: withKids(count) })).toBe('must hold 1 to 10 keys');
  });

  it.each<[string, unknown]>([
    ['a single key', EC],
    ['an array', [EC]],
    ['keys that are not an array', { keys: { 0: EC, length: 1 } }],
    ['a field of another name', { Keys: [EC] }],
    ['null', null],
    ['undefined', undefined],
    ['a string', '{"keys":[]}'],
  ])('rejects %s in place of a set', (_name, value) => {
    expect(readPublicKeySet(value)).toBe('must be a JWK Set: an object with an array named keys');
  });

  it.each(BAD_KEYS)('rejects a set with %s, and names the index of the key', (_name, jwk) => {
    expect(readPublicKeySet({ keys: [EC, RSA, jwk] })).toMatch(/^keys\[2\] (has|is|names) /);
  });

  it('rejects two keys with the same kid, of any key types', () => {
    const words = 'keys[2] has the kid of another key of the set';
    for (const other of [RSA, EC, OKP])
      expect(readPublicKeySet({ keys: [{ ...EC, kid: 'a' }, OKP, { ...other, kid: 'a' }] })).toBe(words);
  });

  it('accepts several keys without a kid', () => {
    expect(readPublicKeySet({ keys: [EC, EC, { ...EC, kid: '' }, { ...EC, kid: 'a' }] })).toHaveLength(4);
  });
});
