import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { readImportedKey } from '../../../src/keys/imported-key.js';
import { type PrivateKey } from '../../../src/keys/private-key.js';
import { BAD_KEYS, VALID_PAIRS } from '../../support/bad-keys.js';
import { ASYMMETRIC, pemOf, privateKeyFor } from '../../support/private-keys.js';

const ES256 = privateKeyFor('ES256');
const PASSPHRASE = { cipher: 'aes-256-cbc', passphrase: 'marker' } as const;
const P521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey;
const SECP256K1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const SHORT_RSA = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const RSA_PSS = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;

const jwkText = (key = ES256, fields: object = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...fields });

function read(text: string, algorithms: readonly Algorithm[] = ASYMMETRIC): PrivateKey {
  const found = readImportedKey(text, algorithms);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

describe('readImportedKey', () => {
  it.each(ASYMMETRIC)('reads a key for %s from PEM and from a JWK', (algorithm) => {
    const key = privateKeyFor(algorithm);
    for (const text of [pemOf(key), `\n ${jwkText(key)}\n`]) {
      expect(read(text, [algorithm]).jwk).toMatchObject({ alg: algorithm, use: 'sig' });
    }
  });

  it.each([
    [
      'PKCS #1',
      pemOf(privateKeyFor('RS256')),
      privateKeyFor('RS256').export({ type: 'pkcs1', format: 'pem' }),
    ],
    ['SEC 1', pemOf(ES256), ES256.export({ type: 'sec1', format: 'pem' })],
  ])('reads the older PEM format %s', (_name, text, older) => {
    expect(read(older.toString()).id).toBe(read(text).id);
  });

  it('identifies a key by its thumbprint, and drops kid, x5t and unknown fields of the JWK', () => {
    const key = read(jwkText(ES256, { kid: 'mine', use: 'sig', x5t: 'marker', note: 'marker' }));
    expect(key.id).toBe(read(pemOf(ES256)).id);
    expect(key.jwk).toEqual(read(pemOf(ES256)).jwk);
  });

  it.each<[string, Algorithm[], Algorithm]>([
    ['the first configured algorithm that it fits', ['EdDSA', 'PS256', 'RS256'], 'PS256'],
    ['the only configured algorithm that it fits', ['ES256', 'RS256'], 'RS256'],
  ])('uses an RSA key for %s', (_name, algorithms, expected) => {
    expect(read(pemOf(privateKeyFor('RS256')), algorithms).algorithm).toBe(expected);
  });

  it('uses a JWK for the algorithm that its alg names', () => {
    const text = jwkText(privateKeyFor('RS256'), { alg: 'PS256' });
    expect(read(text, ['RS256', 'PS256']).algorithm).toBe('PS256');
  });

  const fitsNone = /^fits none of the asymmetric algorithms in force \(/;
  const noKey = 'is not a private key in PEM or JWK';
  it.each<[string, string, RegExp | string]>([
    ['a public key in PEM', createPublicKey(ES256).export({ type: 'spki', format: 'pem' }).toString(), noKey],
    ['a public JWK', JSON.stringify(createPublicKey(ES256).export({ format: 'jwk' })), noKey],
    ['a shared secret as a JWK', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' }), noKey],
    ['other text', 'marker', noKey],
    ['an empty string', '', noKey],
    ['a truncated JWK', jwkText().slice(0, -20), noKey],
    ['a JWK with a repeated field', jwkText().replace('{', '{"kty":"EC",'), noKey],
    ['a JWK without crv', jwkText(ES256, { crv: undefined }), noKey],
    ['a JWK Set', JSON.stringify({ keys: [JSON.parse(jwkText()) as JsonWebKey] }), /^is a JWK Set/],
    [
      'an encrypted PEM',
      ES256.export({ type: 'pkcs8', format: 'pem', ...PASSPHRASE }).toString(),
      /^is encrypted/,
    ],
    [
      'an encrypted PEM in the older format SEC 1',
      ES256.export({ type: 'sec1', format: 'pem', ...PASSPHRASE }).toString(),
      /^is encrypted/,
    ],
    ['a 1024-bit RSA key', pemOf(SHORT_RSA), fitsNone],
    ['an RSA key restricted to PSS', pemOf(RSA_PSS), fitsNone],
    ['a P-521 key', pemOf(P521), fitsNone],
    ['a secp256k1 key', pemOf(SECP256K1), fitsNone],
    ['an X25519 key', pemOf(generateKeyPairSync('x25519').privateKey), fitsNone],
    ['an Ed448 key', pemOf(generateKeyPairSync('ed448').privateKey), fitsNone],
    ['a JWK whose alg requires another curve', jwkText(ES256, { alg: 'ES384' }), fitsNone],
    ['a JWK with an unknown alg', jwkText(ES256, { alg: 'marker' }), fitsNone],
    ['a JWK with an HMAC alg', jwkText(ES256, { alg: 'HS256' }), fitsNone],
  ])('rejects %s, and does not repeat its contents', (_name, text, words) => {
    const found = readImportedKey(text, ASYMMETRIC);
    expect(found).toEqual(typeof words === 'string' ? words : expect.stringMatching(words));
    expect(found).not.toMatch(/marker|BEGIN/);
  });

  it.each<[string, Algorithm[]]>([
    ['only algorithms of other keys are configured', ['ES384', 'EdDSA']],
    ['no asymmetric algorithm is configured', []],
  ])('rejects a valid key if %s', (_name, algorithms) => {
    expect(readImportedKey(pemOf(ES256), algorithms)).toMatch(fitsNone);
  });

  it.each(BAD_KEYS.filter(([name]) => !/private|key_ops|without|half|no kty/.test(name)))(
    'rejects a private JWK, and does not repeat its private key: %s',
    (_name, jwk) => {
      const privateJwk =
        jwk.kty === 'RSA'
          ? VALID_PAIRS.RSA.privateJwk
          : VALID_PAIRS[jwk.crv === 'Ed25519' ? 'Ed25519' : 'P-256'].privateJwk;
      const found = readImportedKey(JSON.stringify({ ...privateJwk, ...jwk }), ASYMMETRIC);
      expect(found).toEqual(expect.stringMatching(/^(fits none of|is not a private key)/));
      expect(found).not.toContain(String(privateJwk.d));
    },
  );

  it.each([[['verify']], [['encrypt']], [[]]])('rejects a JWK whose key_ops are %j', (operations) => {
    expect(readImportedKey(jwkText(ES256, { key_ops: operations }), ASYMMETRIC)).toMatch(
      /: it has key_ops that do not allow sign$/,
    );
  });

  it('accepts a JWK whose key_ops include sign', () => {
    expect(read(jwkText(ES256, { key_ops: ['sign', 'verify'], use: 'sig' })).algorithm).toBe('ES256');
  });

  it.each(['e1', 'e3'])('rejects an RSA key in PEM with the public exponent %s', (name) => {
    const e = name === 'e1' ? 'AQ' : 'Aw';
    const weak = createPrivateKey({ key: { ...VALID_PAIRS.RSA.privateJwk, e }, format: 'jwk' });
    expect(readImportedKey(pemOf(weak), ASYMMETRIC)).toMatch(/: it has an RSA public exponent /);
  });

  it.each(['RSA', 'P-256', 'Ed25519'] as const)(
    'rejects a JWK with the public and private parts of two different %s keys',
    (kind) => {
      const type = { RSA: 'rsa', 'P-256': 'ec', Ed25519: 'ed25519' }[kind];
      const options = { modulusLength: 2048, namedCurve: 'P-256' };
      const generate = generateKeyPairSync as unknown as (
        type: string,
        options: object,
      ) => { publicKey: KeyObject };
      const other = generate(type, options).publicKey.export({ format: 'jwk' });
      const text = JSON.stringify({ ...VALID_PAIRS[kind].privateJwk, ...other });
      // Node 26 rejects such a JWK itself.
      expect(readImportedKey(text, ASYMMETRIC)).toMatch(
        /^(has a private and a public part that do not match|is not a private key in PEM or JWK)$/,
      );
    },
  );
});
