import { describe, expect, it } from '@jest/globals';
import { SharedSecrets } from '../../../src/guard/shared-secrets.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

describe('SharedSecrets', () => {
  it('has every secret for each accepted algorithm, and none for other algorithms', () => {
    const secrets = new SharedSecrets([SECRET, PREVIOUS_SECRET], ['HS256', 'HS512']);
    expect(secrets.candidates('HS256').keys.map(({ algorithm }) => algorithm)).toEqual(['HS256', 'HS256']);
    expect(secrets.candidates('HS512').keys).toHaveLength(2);
    expect(secrets.candidates('HS384')).toEqual({ keys: [], keyIdKnown: false });
    expect(secrets.candidates('ES256').keys).toEqual([]);
  });

  it('has keys that verify tokens signed with their secret', () => {
    const [current, previous] = new SharedSecrets([SECRET, PREVIOUS_SECRET], ['HS256']).candidates(
      'HS256',
    ).keys;
    const token = handMadeToken({ secret: PREVIOUS_SECRET });
    expect([current?.verifies(token), previous?.verifies(token)]).toEqual([false, true]);
  });

  it('uses a secret byte for byte', () => {
    const secret = '  Grüße, 東京, and more to have thirty-two bytes\n';
    const [key] = new SharedSecrets([secret], ['HS256']).candidates('HS256').keys;
    expect(key?.verifies(handMadeToken({ secret }))).toBe(true);
    expect(key?.verifies(handMadeToken({ secret: secret.trim() }))).toBe(false);
  });
});
