import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ClientSecret } from '../../../src/clients/client.js';
import { hasSecret, makeSecret } from '../../../src/clients/client-secret.js';
import { clientOf } from '../../support/client-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const NOW = NEW_YEAR * 1000;

/** A client with secrets that expire the given milliseconds from now, and the secrets themselves. */
function clientWith(...ends: (number | null)[]): { client: ReturnType<typeof clientOf>; texts: string[] } {
  const made = ends.map((end) => makeSecret(NOW - 1000, end === null ? null : NOW + end));
  return { client: clientOf({ secrets: made.map(({ kept }) => kept) }), texts: made.map(({ text }) => text) };
}

describe('makeSecret', () => {
  it('creates 256 random bits, as text that needs no encoding in Basic credentials', () => {
    const texts = Array.from({ length: 1_000 }, () => makeSecret(NOW, null).text);
    expect(new Set(texts).size).toBe(1_000);
    for (const text of texts) {
      expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(text, 'base64url')).toHaveLength(32);
    }
    // Each bit is set in about half of them; six standard deviations are 95.
    for (let bit = 0; bit < 256; bit++) {
      const set = texts.filter((text) => {
        const byte = Buffer.from(text, 'base64url')[bit >> 3] ?? 0;
        return ((byte >> (bit & 7)) & 1) === 1;
      }).length;
      expect(Math.abs(set - 500)).toBeLessThan(95);
    }
  });

  it('keeps the SHA-256 hash, not the secret itself', () => {
    const { text, kept } = makeSecret(NOW, NOW + 1);
    expect(kept).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      hash: createHash('sha256').update(text).digest('base64url'),
      createdAt: NOW,
      expiresAt: NOW + 1,
    });
    expect(JSON.stringify(kept)).not.toContain(text);
  });

  it('gives each secret a unique ID', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => makeSecret(NOW, null).kept.id)).size).toBe(1_000);
  });
});

describe('hasSecret', () => {
  it('accepts both of two valid secrets', () => {
    const { client, texts } = clientWith(null, 1_000);
    expect(texts.map((text) => hasSecret(client, text, NOW))).toEqual([true, true]);
  });

  it.each([
    ['expires later', 1, true],
    ['expires now', 0, false],
    ['has expired', -1, false],
    ['never expires', null, true],
  ])('checks the expiry of a secret that %s', (_name, end, accepted) => {
    const { client, texts } = clientWith(end);
    expect(hasSecret(client, texts[0] ?? '', NOW)).toBe(accepted);
  });

  it('accepts valid secrets next to expired ones, even if more than two are stored', () => {
    const { client, texts } = clientWith(-1, -1, null, 5);
    expect(texts.map((text) => hasSecret(client, text, NOW))).toEqual([false, false, true, true]);
  });

  it.each([
    ['of another client', () => makeSecret(NOW, null).text],
    ['that is empty', () => ''],
    ['that is the stored hash', (kept: ClientSecret) => kept.hash],
    ['that is the ID of the secret', (kept: ClientSecret) => kept.id],
    ['that is 32 zeros', () => '\0'.repeat(32)],
  ])('rejects a secret %s', (_name, given) => {
    const { client } = clientWith(null);
    const [kept] = client.secrets;
    expect(kept && hasSecret(client, given(kept), NOW)).toBe(false);
  });

  it('rejects every variation of a secret', () => {
    const { client, texts } = clientWith(null, null);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.nat(43), (text, at) => {
        const right = texts[0] ?? '';
        for (const wrong of [text, right.slice(0, at) + text + right.slice(at), right.slice(0, at)]) {
          expect(hasSecret(client, wrong, NOW)).toBe(texts.includes(wrong));
        }
      }),
    );
  });

  it.each([
    ['an unknown client', undefined],
    ['a client without secrets', clientOf()],
    ['a client whose secrets have all expired', clientWith(-1, -1).client],
  ])('rejects any secret for %s', (_name, client) => {
    for (const given of ['', '\0'.repeat(32), makeSecret(NOW, null).text]) {
      expect(hasSecret(client, given, NOW)).toBe(false);
    }
  });
});
