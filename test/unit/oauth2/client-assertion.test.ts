import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import {
  assertionKey,
  type ClientAssertion,
  isSignedBy,
  readAssertion,
} from '../../../src/oauth2/client-assertion.js';
import {
  type AssertionAlgorithm,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const AUDIENCES = ['identity-backend'];
const key = makeClientKey('ES256');

const read = (text: string, audiences = AUDIENCES): ClientAssertion | undefined =>
  readAssertion(text, audiences, NEW_YEAR);
const assertion = (claims: object = {}, header: object = {}): string =>
  makeAssertion(key, 'worker', { claims: { ...claims }, header: { ...header } });

function clientWith(...keys: readonly ClientKey[]): Client {
  return { id: 'worker', jwks: keys.length > 0 ? { keys: keys.map(({ jwk }) => jwk) } : null } as Client;
}

const isValid = (client: Client | undefined, text: string): boolean => {
  const parsed = read(text);
  return parsed !== undefined && isSignedBy(client, parsed);
};

describe('readAssertion', () => {
  it('returns the client, algorithm, kid, jti and aud, and exp rounded up to a second', () => {
    const text = assertion({ jti: 'a', exp: NEW_YEAR + 59.2 }, { kid: 'k' });
    expect(read(text)).toEqual({
      text,
      algorithm: 'ES256',
      keyId: 'k',
      clientId: 'worker',
      id: 'a',
      audience: 'identity-backend',
      expiresAt: NEW_YEAR + 60,
    });
    expect(read(assertion())?.keyId).toBeUndefined();
  });

  it('returns EdDSA for the alg Ed25519 as well', () => {
    for (const alg of ['EdDSA', 'Ed25519']) expect(read(assertion({}, { alg }))?.algorithm).toBe('EdDSA');
  });

  it('accepts exactly one name of this service in aud', () => {
    const names = ['https://id.example.com', 'https://id.example.com/oauth2/token'];
    for (const aud of [...names, ...names.map((name) => [name])])
      expect(read(assertion({ aud }), names)).toBeDefined();
    for (const aud of [names, 'https://id.example.com/', [], {}, null, 1, [[names[0]]]])
      expect(read(assertion({ aud }), names)).toBeUndefined();
  });

  it('accepts exp up to 3,660 seconds and iat and nbf up to 30 seconds ahead', () => {
    const offset = fc.integer({ min: -5_000, max: 5_000 }).map((half) => half / 2);
    const time = fc.option(offset, { nil: undefined });
    fc.assert(
      fc.property(offset, time, time, (exp, iat, nbf) => {
        const at = (seconds: number | undefined) => seconds !== undefined && NEW_YEAR + seconds;
        const claims = {
          exp: NEW_YEAR + exp,
          iat: at(iat) || undefined,
          nbf: at(nbf) || undefined,
        };
        const isTimely = exp > 0 && exp <= 3_660 && (iat ?? 0) <= 30 && (nbf ?? 0) <= 30;
        expect(read(assertion(claims)) !== undefined).toBe(isTimely);
      }),
    );
  });

  it('never throws for other text, and reads no other client from it', () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.constantFrom(...assertion().split('.')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const parsed = read(parts.join('.'));
        if (parsed) expect(parsed.clientId).toBe('worker');
      }),
    );
  });

  it('rejects an inserted character that is not base64url', () => {
    const text = assertion();
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom('=', ' ', '\n', '+', '/', '.', 'é', '\0'),
        (at, char) => {
          expect(read(text.slice(0, at) + char + text.slice(at))).toBeUndefined();
        },
      ),
    );
  });
});

describe('isSignedBy', () => {
  const ALGORITHMS: readonly AssertionAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
  const keys = ALGORITHMS.map((algorithm) => makeClientKey(algorithm));
  const others = ALGORITHMS.map((algorithm) => makeClientKey(algorithm));

  it.each(ALGORITHMS)('finds the key that signed among all keys of the client: %s', (algorithm) => {
    const at = ALGORITHMS.indexOf(algorithm);
    const text = makeAssertion(keys[at] as ClientKey, 'worker');
    expect(isValid(clientWith(...keys), text)).toBe(true);
    expect(isValid(clientWith(...others), text)).toBe(false);
    expect(isValid(clientWith(...keys.filter((_, i) => i !== at)), text)).toBe(false);
  });

  it.each(ALGORITHMS)('rejects a signature by %s if alg names another algorithm', (algorithm) => {
    const signer = keys[ALGORITHMS.indexOf(algorithm)] as ClientKey;
    for (const alg of ALGORITHMS) {
      const text = makeAssertion(signer, 'worker', { header: { alg } });
      expect(isValid(clientWith(...keys), text)).toBe(alg === algorithm);
    }
  });

  it('returns false for a client without keys and for no client', () => {
    expect(isValid(clientWith(), assertion())).toBe(false);
    expect(isValid(undefined, assertion())).toBe(false);
  });

  it('tries only the key with the kid, or each of two keys if there is no kid', () => {
    const [a, b] = [makeClientKey('ES256', { kid: 'a' }), makeClientKey('ES256', { kid: 'b' })];
    const by = (signer: ClientKey, kid?: string): boolean =>
      isValid(clientWith(a, b), makeAssertion(signer, 'worker', { header: { kid } }));
    expect([by(a), by(b), by(a, 'a'), by(b, 'b')]).toEqual([true, true, true, true]);
    expect([by(a, 'b'), by(b, 'a'), by(a, 'c'), by(a, '')]).toEqual([false, false, false, false]);
  });
});

describe('assertionKey', () => {
  const keyOf = (clientId: string, id: string): string => assertionKey({ clientId, id } as ClientAssertion);

  it('is 43 characters of base64url for a jti of any length', () => {
    expect(keyOf('worker', 'x'.repeat(10_000))).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is the same only for the same client and jti', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, text, text, (clientA, a, clientB, b) => {
        expect(keyOf(clientA, a) === keyOf(clientB, b)).toBe(clientA === clientB && a === b);
      }),
    );
  });
});
