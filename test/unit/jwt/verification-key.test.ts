import { createPublicKey, createSecretKey, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeyObjectVerificationKey } from '../../../src/jwt/verification-key.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { SECRET } from '../../support/settings.js';
import { testData } from '../../support/test-data.js';

const { jwk, token } = testData<{ jwk: JsonWebKey; token: string }>('rfc7515-a.3.json');

describe('KeyObjectVerificationKey', () => {
  it('verifies with a public key', () => {
    const key = new KeyObjectVerificationKey('key-1', 'ES256', createPublicKey({ key: jwk, format: 'jwk' }));
    expect(key.verifies(token)).toBe(true);
    expect(key.verifies(handMadeToken())).toBe(false);
    expect([key.id, key.algorithm]).toEqual(['key-1', 'ES256']);
  });

  it('verifies with a secret', () => {
    const key = new KeyObjectVerificationKey('key-1', 'HS256', createSecretKey(SECRET, 'utf8'));
    expect(key.verifies(handMadeToken())).toBe(true);
    expect(key.verifies(handMadeToken({ secret: `${SECRET}!` }))).toBe(false);
  });

  it('uses the algorithm that it was created with, not the one that the token names', () => {
    const key = new KeyObjectVerificationKey('key-1', 'HS256', createSecretKey(SECRET, 'utf8'));
    expect(key.verifies(handMadeToken({ header: { alg: 'HS512' }, algorithm: 'HS256' }))).toBe(true);
    expect(key.verifies(handMadeToken({ header: { alg: 'HS256' }, algorithm: 'HS512' }))).toBe(false);
  });
});
