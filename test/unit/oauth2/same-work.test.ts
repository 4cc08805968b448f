import type { KeyObject } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { type AssertionAlgorithm, makeAssertion, makeClientKey } from '../../support/client-assertion.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

/** What was computed, each by its name and by how much there was to compute. */
const work: string[] = [];

/** How much there is to compute: bytes by their number, keys by their kind and length. */
function sizeOf(given: unknown): string | number {
  if (ArrayBuffer.isView(given)) return given.byteLength;
  const { key } = Object(given) as { key?: KeyObject };
  if (!key?.asymmetricKeyDetails) return typeof given;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails;
  return [key.asymmetricKeyType, modulusLength, namedCurve].join(' ');
}

/** Notes each call of a function of `node:crypto`. */
function noted<F extends (...given: never[]) => unknown>(name: string, call: F): F {
  return ((...given: Parameters<F>) => {
    work.push(`${name}(${given.map(sizeOf).join(', ')})`);
    return call(...given);
  }) as F;
}

let hasSecret: (client: Client | undefined, given: string, now: number) => boolean;
let makeSecret: (now: number, expiresAt: number | null) => { text: string; kept: Client['secrets'][number] };
let isGoodAssertion: (client: Client | undefined, text: string) => boolean;
beforeAll(async () => {
  const crypto = await import('node:crypto');
  jest.unstable_mockModule('node:crypto', () => ({
    ...crypto,
    hash: noted('hash', crypto.hash as (...given: never[]) => unknown),
    timingSafeEqual: noted('timingSafeEqual', crypto.timingSafeEqual),
    verify: noted('verify', crypto.verify as (...given: never[]) => unknown),
    createPublicKey: noted('createPublicKey', crypto.createPublicKey),
  }));
  ({ hasSecret, makeSecret } = await import('../../../src/clients/client-secret.js'));
  const { isSignedBy, readAssertion } = await import('../../../src/oauth2/client-assertion.js');
  isGoodAssertion = (client, text) => {
    const said = readAssertion(text, ['identity-backend'], NEW_YEAR);
    if (!said) throw new Error('The assertion is not readable');
    return isSignedBy(client, said);
  };
});
beforeEach(() => {
  work.length = 0;
});

/** What is computed to say no. */
function workOf(attempt: () => boolean): readonly string[] {
  work.length = 0;
  expect(attempt()).toBe(false);
  return [...work];
}

const client = (members: Partial<Client>): Client =>
  ({ id: 'worker', secrets: [], jwks: null, ...members }) as Client;

// Which of two answers takes longer is a matter of what is computed for it. Counting that is exact on any machine, which
// a comparison of times is not.
describe('an unknown client costs as much as a wrong secret', () => {
  it('where the client has one secret, two, or only some that ended', () => {
    const now = NEW_YEAR * 1000;
    const [one, two] = [makeSecret(now, null).kept, makeSecret(now, null).kept];
    const ended = makeSecret(now, now - 1).kept;
    const unknown = workOf(() => hasSecret(undefined, 'wrong', now));
    expect(unknown).toEqual([
      'hash(string, string, string)',
      'timingSafeEqual(32, 32)',
      'timingSafeEqual(32, 32)',
    ]);
    for (const secrets of [[], [one], [one, two], [ended], [ended, one]])
      expect(workOf(() => hasSecret(client({ secrets }), 'wrong', now))).toEqual(unknown);
  });

  it('also where the secret was right', () => {
    const now = NEW_YEAR * 1000;
    const { text, kept } = makeSecret(now, null);
    work.length = 0;
    expect(hasSecret(client({ secrets: [kept, makeSecret(now, null).kept] }), text, now)).toBe(true);
    const right = work.filter((each) => each.startsWith('timingSafeEqual'));
    expect(right).toEqual(workOf(() => hasSecret(undefined, text, now)).slice(1));
  });
});

describe('an unknown client costs as much as a wrong key', () => {
  it.each<AssertionAlgorithm>(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])(
    'where the client has one key, by %s',
    (algorithm) => {
      const [right, wrong] = [makeClientKey(algorithm), makeClientKey(algorithm)];
      const known = client({ jwks: { keys: [right.jwk] } });
      const text = makeAssertion(wrong, 'worker');
      // A key is made of its JWK once.
      workOf(() => isGoodAssertion(known, text));
      const wrongKey = workOf(() => isGoodAssertion(known, text));
      expect(wrongKey).toHaveLength(1);
      expect(workOf(() => isGoodAssertion(undefined, text))).toEqual(wrongKey);
      expect(workOf(() => isGoodAssertion(client({}), text))).toEqual(wrongKey);
    },
  );
});
