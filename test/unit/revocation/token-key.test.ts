import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tokenKey } from '../../../src/revocation/revocations.js';

const keyOf = (claims: Readonly<Record<string, unknown>>): string | undefined =>
  tokenKey({ exp: 1, ...claims });

describe('tokenKey', () => {
  it('is the SHA-256 hash of client_id and jti in base64url, 43 characters', () => {
    const key = keyOf({ client_id: 'worker', jti: 'a' });
    expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(key).toBe(createHash('sha256').update('["worker","a"]').digest('base64url'));
  });

  it('is undefined without a jti', () => {
    expect(keyOf({ client_id: 'worker' })).toBeUndefined();
  });

  it.each<[string, object, object]>([
    ['the jti', { client_id: 'a', jti: 'x' }, { client_id: 'a', jti: 'y' }],
    ['the client', { client_id: 'a', jti: 'x' }, { client_id: 'b', jti: 'x' }],
    ['the case of the jti', { client_id: 'a', jti: 'x' }, { client_id: 'a', jti: 'X' }],
    ['whether there is a client', { client_id: 'a', jti: 'x' }, { jti: 'x' }],
    ['an empty client and no client', { client_id: '', jti: 'x' }, { jti: 'x' }],
    ['a client named null and no client', { client_id: 'null', jti: 'x' }, { jti: 'x' }],
    ['the boundary between client and jti', { client_id: 'ab', jti: 'c' }, { client_id: 'a', jti: 'bc' }],
    ['quotes', { client_id: 'a","b', jti: 'c' }, { client_id: 'a', jti: 'b","c' }],
    [
      'the Unicode normalization of a letter',
      { client_id: 'a', jti: '\u00e9' },
      { client_id: 'a', jti: 'e\u0301' },
    ],
  ])('differs by %s', (_name, one, other) => {
    expect(keyOf(one as Record<string, unknown>)).not.toBe(keyOf(other as Record<string, unknown>));
  });

  it.each([{ sub: 'x' }, { exp: 2 }, { iat: 1 }, { aud: ['a'] }, { scope: 's' }, { act: { sub: 'x' } }])(
    'does not depend on other claims: %j',
    (claims) => {
      expect(keyOf({ client_id: 'a', jti: 'x', ...claims })).toBe(keyOf({ client_id: 'a', jti: 'x' }));
    },
  );

  it.each([[null], [7], [['a']], [{}]])(
    'treats a client_id that is not a string as missing: %j',
    (client_id) => {
      expect(keyOf({ client_id, jti: 'x' })).toBe(keyOf({ jti: 'x' }));
    },
  );

  it('is the same for two tokens only if both client_id and jti are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const client = fc.option(text, { nil: undefined });
    fc.assert(
      fc.property(client, text, client, text, (clientA, a, clientB, b) => {
        const isSame = clientA === clientB && a === b;
        expect(keyOf({ client_id: clientA, jti: a }) === keyOf({ client_id: clientB, jti: b })).toBe(isSame);
      }),
    );
  });
});
