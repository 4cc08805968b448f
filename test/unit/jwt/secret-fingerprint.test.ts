import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { secretFingerprint } from '../../../src/jwt/secret-fingerprint.js';
import { SECRET } from '../../support/settings.js';

const LABEL = 'identity-backend/secret-fingerprint/v1';

describe('secretFingerprint', () => {
  it.each([
    ['without a nonce', SECRET, undefined],
    ['with a nonce', SECRET, 'check-1'],
    ['of a non-ASCII secret', 'Grüße, 東京', 'check-1'],
    ['of an empty secret', '', undefined],
  ])('%s is the first 16 hex digits of the HMAC of the label and the nonce', (_name, secret, nonce) => {
    const mac = createHmac('sha256', Buffer.from(secret, 'utf8')).update(`${LABEL}${nonce ?? ''}`, 'utf8');
    expect(secretFingerprint(secret, nonce)).toBe(mac.digest('hex').slice(0, 16));
  });

  it('equals the one that Python computes', () => {
    // hmac.new(b'changeme', b'identity-backend/secret-fingerprint/v1check-1', 'sha256').hexdigest()[:16]
    expect(secretFingerprint('changeme', 'check-1')).toBe('0c4013989dccb9d6');
  });

  it('depends on the secret, its whitespace, and the nonce', () => {
    const made = [
      secretFingerprint(SECRET),
      secretFingerprint(`${SECRET}\n`),
      secretFingerprint(` ${SECRET}`),
      secretFingerprint(SECRET, 'a'),
      secretFingerprint(SECRET, 'b'),
    ];
    expect(new Set(made).size).toBe(made.length);
  });
});
