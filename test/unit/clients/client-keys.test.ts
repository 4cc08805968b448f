import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import {
  clientKeySetFault,
  isClientKeySet,
  type KeyQuery,
  unusableKeys,
  usableKeys,
} from '../../../src/clients/client-keys.js';
import { BAD_KEYS } from '../../support/bad-keys.js';

type Pair = { readonly publicKey: JsonWebKey; readonly privateKey: JsonWebKey };

function pair(type: string, options: object = {}): Pair {
  const generate = generateKeyPairSync as unknown as (
    type: string,
    options: object,
  ) => { publicKey: { export(o: object): JsonWebKey }; privateKey: { export(o: object): JsonWebKey } };
  const { publicKey, privateKey } = generate(type, options);
  return { publicKey: publicKey.export({ format: 'jwk' }), privateKey: privateKey.export({ format: 'jwk' }) };
}

const RSA = pair('rsa', { modulusLength: 2048 });
const P256 = pair('ec', { namedCurve: 'P-256' });
const P384 = pair('ec', { namedCurve: 'P-384' });
const ED25519 = pair('ed25519');
const VALID = P256.publicKey;

describe('isClientKeySet', () => {
  it.each<[string, object]>([
    ['RSA of 2048 bits', RSA.publicKey],
    ['P-256', P256.publicKey],
    ['P-384', P384.publicKey],
    ['Ed25519', ED25519.publicKey],
    ['a key with a kid, a use and an alg', { ...VALID, kid: 'k', use: 'sig', alg: 'ES256' }],
    ['a key with unknown parameters', { ...VALID, x5t: 'abc', note: 1 }],
  ])('accepts %s', (_name, key) => {
    expect(isClientKeySet({ keys: [key] })).toBe(true);
  });

  it.each<[string, unknown]>([
    ['RSA of 1024 bits', pair('rsa', { modulusLength: 1024 }).publicKey],
    ['RSA-PSS', { ...RSA.publicKey, kty: 'RSASSA-PSS' }],
    ['P-521', pair('ec', { namedCurve: 'P-521' }).publicKey],
    ['secp256k1', pair('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['Ed448', pair('ed448').publicKey],
    ['X25519, which cannot sign', pair('x25519').publicKey],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a shared secret without its value', { kty: 'oct' }],
    ['a private RSA key', RSA.privateKey],
    ['a private EC key', P256.privateKey],
    ['a private Ed25519 key', ED25519.privateKey],
    ['a public key with one private field', { ...VALID, d: '' }],
    ['a public key with a shared secret', { ...RSA.publicKey, k: 'c2VjcmV0' }],
    ['a key for encryption', { ...VALID, use: 'enc' }],
    ['a kid that is not a string', { ...VALID, kid: 7 }],
    ['a use that is not a string', { ...VALID, use: ['sig'] }],
    ['a curve other than that of the point', { ...VALID, crv: 'P-384' }],
    ['a point that is not on the curve', { ...VALID, x: Buffer.alloc(32, 1).toString('base64url') }],
    ['half a point', { kty: 'EC', crv: 'P-256', x: VALID.x }],
    ['RSA without an exponent', { kty: 'RSA', n: RSA.publicKey.n }],
    ['no kty', { crv: 'P-256', x: VALID.x, y: VALID.y }],
    ['an empty object', {}],
    ['null', null],
    ['a string', JSON.stringify(VALID)],
    ['a PEM', '-----BEGIN PUBLIC KEY-----'],
    ['an array', [VALID]],
  ])('rejects %s, even next to a valid key', (_name, key) => {
    expect(isClientKeySet({ keys: [key] })).toBe(false);
    expect(isClientKeySet({ keys: [VALID, key] })).toBe(false);
  });

  it('accepts 1 to 10 keys', () => {
    const sizes = [0, 1, 10, 11].map((count) => isClientKeySet({ keys: Array<object>(count).fill(VALID) }));
    expect(sizes).toEqual([false, true, true, false]);
  });

  it.each<[string, unknown]>([
    ['one key', VALID],
    ['an array of keys', [VALID]],
    ['keys that are not an array', { keys: { 0: VALID, length: 1 } }],
    ['no keys', { Keys: [VALID] }],
    ['null', null],
    ['undefined', undefined],
    ['a string', '{"keys":[]}'],
  ])('rejects %s in place of a key set', (_name, value) => {
    expect(isClientKeySet(value)).toBe(false);
  });
});

describe('clientKeySetFault', () => {
  it('names the faulty key by its index', () => {
    expect(clientKeySetFault({ keys: [VALID, { ...RSA.publicKey, e: 'AQ' }] })).toMatch(
      /^keys\[1\] has an RSA /,
    );
    expect(clientKeySetFault({ keys: [] })).toBe('must hold 1 to 10 keys');
  });
});

describe('the keys of a client that was registered under weaker rules', () => {
  const client = (...keys: readonly object[]): Client => ({ id: 'worker', jwks: { keys } }) as Client;
  const idsOf = (registered: Client | undefined, query: Partial<KeyQuery> = {}): unknown[] =>
    usableKeys(registered, { algorithm: 'ES256', keyId: undefined, most: 10, ...query }).map(({ id }) => id);
  const [a, b, c] = ['a', 'b', 'c'].map((kid) => ({ ...VALID, kid }));

  it.each(BAD_KEYS)('are used except %s, which is reported', (_name, jwk) => {
    const registered = client({ ...VALID, kid: 'a' }, jwk, { ...RSA.publicKey, kid: 'b' });
    expect(idsOf(registered)).toEqual(['a']);
    expect(idsOf(registered, { algorithm: 'RS256' })).toEqual(['b']);
    expect(unusableKeys(registered)).toEqual([
      { clientId: 'worker', index: 1, fault: expect.stringMatching(/^(has|is|names) /) },
    ]);
  });

  it('are used except those that share a kid, also in queries for that kid', () => {
    const registered = client(
      { ...VALID, kid: 'a' },
      { ...VALID, kid: 'b' },
      { ...RSA.publicKey, kid: 'a' },
      VALID,
    );
    expect(idsOf(registered)).toEqual(['b', undefined]);
    expect(idsOf(registered, { keyId: 'a' })).toEqual([]);
    expect(unusableKeys(registered).map(({ index }) => index)).toEqual([0, 2]);
  });

  it('are the first that fit the algorithm, up to the given number, or the one with the kid', () => {
    const registered = client(RSA.publicKey, { ...a }, { ...b }, { ...c });
    expect(idsOf(registered, { most: 2 })).toEqual(['a', 'b']);
    expect(idsOf(registered, { most: 1, keyId: 'c' })).toEqual(['c']);
    expect(idsOf(registered, { most: 1, keyId: '' })).toEqual([]);
  });

  it('are read once, and the same key object is returned again', () => {
    const registered = client({ ...a }, { ...b, x: 'not a coordinate' });
    expect(idsOf(registered, { most: 1 })).toEqual(['a']);
    const [first] = usableKeys(registered, { algorithm: 'ES256', keyId: 'a', most: 1 });
    const [again] = usableKeys(registered, { algorithm: 'ES256', keyId: undefined, most: 1 });
    expect(first?.key).toBe(again?.key);
  });

  it('are none without a client, without jwks, or if no key is an object', () => {
    expect(idsOf(undefined)).toEqual([]);
    expect(idsOf({ id: 'a', jwks: null } as Client)).toEqual([]);
    expect(unusableKeys({ id: 'a', jwks: null } as Client)).toEqual([]);
    const odd = { id: 'a', jwks: { keys: [null, 'key', 5] } } as unknown as Client;
    expect(idsOf(odd)).toEqual([]);
    expect(unusableKeys(odd).map(({ fault }) => fault)).toEqual(Array(3).fill('is not a JSON object'));
  });
});
