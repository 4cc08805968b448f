import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { importJWK, type JWK, jwtVerify } from 'jose';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { parseCompactJws } from '../../../src/jwt/compact-jws.js';
import { verifySignature } from '../../../src/jwt/signature.js';
import { KeyEncryption } from '../../../src/keys/key-encryption.js';
import { makeKey, openKey } from '../../../src/keys/private-key.js';
import { readToken } from '../../support/hand-made-token.js';
import { ENCRYPTION_KEY } from '../../support/key-fleet.js';
import { ASYMMETRIC, signingKeyFor } from '../../support/private-keys.js';
import { testData } from '../../support/test-data.js';

interface Vector {
  readonly algorithm: Algorithm;
  readonly jwk: JsonWebKey;
  readonly token: string;
}

const { source: _source, ...vectors } = testData<Record<string, Vector>>('signature-vectors.json');
const vector = (name: string): Vector => vectors[name] as Vector;

/** Replaces a character in the middle of the signature. */
function forged(token: string): string {
  const index = token.lastIndexOf('.') + 20;
  const other = token[index] === 'A' ? 'B' : 'A';
  return token.slice(0, index) + other + token.slice(index + 1);
}

describe('PrivateKey', () => {
  it.each(ASYMMETRIC)('signs a token with %s that jose verifies with the public key', async (algorithm) => {
    const key = signingKeyFor(algorithm);
    const token = await key.sign({ sub: 'José 東京', exp: 4_000_000_000 }, 'at+jwt');
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK(key.jwk as JWK), {
      algorithms: [algorithm],
      typ: 'at+jwt',
    });
    expect(payload).toEqual({ sub: 'José 東京', exp: 4_000_000_000 });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.jwk.kid });
  });

  it.each(ASYMMETRIC)('verifies with %s only what it signed itself', async (algorithm) => {
    const key = signingKeyFor(algorithm);
    const token = await key.sign({ exp: 1 });
    expect(readToken(token).header['typ']).toBe('JWT');
    expect(key.verifies(token)).toBe(true);
    expect(key.verifies(forged(token))).toBe(false);
    expect(key.verifies(token.replace(/\.[^.]*$/, '.'))).toBe(false);
    expect(signingKeyFor(algorithm, 'another').verifies(token)).toBe(false);
  });

  it.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
  ] as const)('for %s does not verify %s, though the same RSA key could', async (algorithm, other) => {
    expect(signingKeyFor(algorithm).verifies(await signingKeyFor(other).sign({}))).toBe(false);
  });

  it.each(ASYMMETRIC)('publishes only the public parameters of a key for %s', (algorithm) => {
    const { jwk } = signingKeyFor(algorithm);
    const parameters = { RSA: ['e', 'n'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] }[jwk.kty];
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'kid', 'kty', 'use', ...(parameters ?? [])].sort());
    expect(jwk).toMatchObject({ alg: algorithm, use: 'sig' });
  });
});

describe('makeKey', () => {
  const encryption = new KeyEncryption(ENCRYPTION_KEY, []);

  it.each(ASYMMETRIC)('makes a sealed key for %s that can be opened and signs', async (algorithm) => {
    const { jwk, sealed } = await makeKey(algorithm, encryption);
    expect(jwk.alg).toBe(algorithm);
    const { asymmetricKeyDetails } = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    expect(asymmetricKeyDetails?.modulusLength ?? 2048).toBeGreaterThanOrEqual(2048);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toMatch(/PRIVATE|RSA|"d"/);
    const key = openKey({ jwk, sealed }, encryption);
    expect(key.verifies(await key.sign({}))).toBe(true);
  });

  it('rejects an HMAC algorithm with RangeError', async () => {
    await expect(makeKey('HS256', encryption)).rejects.toThrow(RangeError);
  });
});

describe('published test vectors', () => {
  it.each(['RFC 7515 A.3', 'RFC 7520 4.1', 'RFC 8037 A.4'])(
    '%s is verified, but not with a changed signature',
    (name) => {
      const { algorithm, jwk, token } = vector(name);
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      expect(verifySignature(token, algorithm, key)).toBe(true);
      expect(verifySignature(forged(token), algorithm, key)).toBe(false);
    },
  );

  it.each(['RFC 7520 4.2', 'RFC 7520 4.3'])('%s is rejected, as its alg is not supported', (name) => {
    expect(parseCompactJws(vector(name).token)).toMatch(/alg/);
  });
});
