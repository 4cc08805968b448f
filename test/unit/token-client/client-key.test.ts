import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { ClientKey } from '../../../src/token-client/client-key.js';
import type { TokenClientOptions } from '../../../src/token-client/index.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { ASYMMETRIC, pemOf, privateKeyFor } from '../../support/private-keys.js';

const AUDIENCE = 'https://issuer.example';
const key = privateKeyFor('ES256');
const jwk = key.export({ format: 'jwk' });

const read = (privateKey: unknown, options: object = {}): ClientKey =>
  ClientKey.read({ issuerUrl: AUDIENCE, privateKey, ...options } as TokenClientOptions);
const sign = (signer: ClientKey): Promise<string> => signer.assertion('client', AUDIENCE, NEW_YEAR * 1000);

describe('ClientKey', () => {
  it.each<[string, unknown]>([
    ['PKCS #8 in PEM', pemOf(key)],
    ['SEC 1 in PEM', key.export({ type: 'sec1', format: 'pem' })],
    ['a KeyObject', key],
    ['a JWK', jwk],
    ['a JWK of a signing key', { ...jwk, use: 'sig', key_ops: ['sign'], alg: 'ES256' }],
  ])('is read from %s', async (_name, privateKey) => {
    await jwtVerify(await sign(read(privateKey)), createPublicKey(key), {
      currentDate: new Date(NEW_YEAR * 1000),
    });
  });

  it.each(ASYMMETRIC)('signs with %s', async (algorithm) => {
    const privateKey = privateKeyFor(algorithm);
    const assertion = await sign(read(privateKey, { algorithm }));
    const { payload, protectedHeader } = await jwtVerify(assertion, createPublicKey(privateKey), {
      algorithms: [algorithm],
      issuer: 'client',
      subject: 'client',
      audience: AUDIENCE,
      currentDate: new Date(NEW_YEAR * 1000),
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT' });
    expect(payload).toMatchObject({ iat: NEW_YEAR, exp: NEW_YEAR + 60 });
  });

  it.each<[string, unknown, object, object]>([
    ['RS256 for RSA', privateKeyFor('RS256'), {}, { alg: 'RS256' }],
    ['the curve', privateKeyFor('ES384'), {}, { alg: 'ES384' }],
    [
      'the alg of the JWK',
      { ...privateKeyFor('RS256').export({ format: 'jwk' }), alg: 'PS256' },
      {},
      { alg: 'PS256' },
    ],
    [
      'the name of RFC 9864',
      { ...privateKeyFor('EdDSA').export({ format: 'jwk' }), alg: 'Ed25519' },
      {},
      { alg: 'EdDSA' },
    ],
    ['the kid of the JWK', { ...jwk, kid: 'a' }, {}, { alg: 'ES256', kid: 'a' }],
    [
      'keyId rather than the kid of the JWK',
      { ...jwk, kid: 'a' },
      { keyId: 'b' },
      { alg: 'ES256', kid: 'b' },
    ],
  ])('takes its header from %s', async (_name, privateKey, options, header) => {
    expect(decodeProtectedHeader(await sign(read(privateKey, options)))).toEqual({ typ: 'JWT', ...header });
  });

  it('gives each assertion its own jti', async () => {
    const signer = read(key);
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const [, claims = ''] = (await sign(signer)).split('.');
        return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { jti: string }).jti;
      }),
    );
    expect(new Set(ids).size).toBe(20);
  });

  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'marker' });
  const weak = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;

  it.each<[string, unknown, object, RegExp]>([
    ['an empty string', '', {}, /privateKey must .* is an empty string/],
    ['another text', 'marker', {}, /privateKey must .* is a string/],
    ['an encrypted PEM', encrypted, {}, /privateKey must .* is a string/],
    ['a number', 42, {}, /privateKey must .* is a number/],
    ['a list', [jwk], {}, /privateKey must .* is an array/],
    ['a public key', createPublicKey(key), {}, /privateKey must .* is a public key/],
    ['a public JWK', createPublicKey(key).export({ format: 'jwk' }), {}, /privateKey must .* is an object/],
    ['a JWK that encrypts', { ...jwk, use: 'enc' }, {}, /privateKey has a use other than sig/],
    ['a JWK with another alg', { ...jwk, alg: 'ES384' }, {}, /privateKey names an alg/],
    ['a short RSA key', weak(), {}, /privateKey has an RSA modulus of less than 2048 bits/],
    [
      'a curve without algorithm',
      generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
      {},
      /privateKey has a curve/,
    ],
    ['a key that does not sign', generateKeyPairSync('x25519').privateKey, {}, /privateKey has a curve/],
    ['the algorithm of another key', key, { algorithm: 'RS256' }, /algorithm must be one of the key: ES256/],
    ['an HMAC algorithm', key, { algorithm: 'HS256' }, /algorithm must be one of the key: ES256/],
    ['an unknown algorithm', key, { algorithm: 'none' }, /algorithm must be one of the key: ES256/],
  ])('refuses %s without quoting it', (_name, privateKey, options, words) => {
    expect(() => read(privateKey, options)).toThrow(TypeError);
    expect(() => read(privateKey, options)).toThrow(words);
    expect(() => read(privateKey, options)).not.toThrow(/marker/);
  });
});
