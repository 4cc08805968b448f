import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JWK } from 'jose';
import { IssuerKeySet, MAX_ISSUER_KEYS } from '../../../src/issuers/issuer-key-set.js';
import { BAD_KEYS } from '../../support/bad-keys.js';
import { JoseKey, PUBLIC_ALGORITHMS } from '../../support/jose-key.js';

let rsa: JWK;
let ec: JWK;
let ec384: JWK;
let ed: JWK;
beforeAll(async () => {
  const made = await Promise.all(
    (['RS256', 'ES256', 'ES384', 'EdDSA'] as const).map((algorithm) => JoseKey.make(algorithm, algorithm)),
  );
  [rsa, ec, ec384, ed] = made.map(({ jwk }) => jwk) as [JWK, JWK, JWK, JWK];
});

const read = (...jwks: unknown[]): IssuerKeySet => IssuerKeySet.read(jwks, 'sig');
const readSvid = (...jwks: unknown[]): IssuerKeySet => IssuerKeySet.read(jwks, 'jwt-svid');
const without = (jwk: JWK, ...names: string[]): JWK =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));

describe('IssuerKeySet', () => {
  it('finds a key by its ID', () => {
    expect(read(rsa, ec).withId('ES256')?.algorithms).toEqual(['ES256']);
  });

  it.each(['es256', '', '__proto__', 'constructor', 'other'])('has no key with the ID %j', (id) => {
    expect(read(rsa, ec, without(ed, 'kid')).withId(id)).toBeUndefined();
  });

  it('offers the keys that fit an algorithm: only that in alg, or those of its type', () => {
    const set = read(rsa, { ...without(rsa, 'alg'), kid: 'any RSA' }, ec, ed);
    const fitting = PUBLIC_ALGORITHMS.map((algorithm) => set.fitting(algorithm).map(({ id }) => id));
    expect(fitting).toEqual([['RS256', 'any RSA'], ['any RSA'], ['ES256'], [], ['EdDSA']]);
  });

  it('offers no key for a shared secret', () => {
    expect(read(rsa, ec, ed, { kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' }).fitting('HS256')).toEqual([]);
  });

  it.each(BAD_KEYS)('skips %s, and keeps the others', (_name, jwk) => {
    const set = read(jwk, ec384, jwk);
    expect([set.size, set.withId('ES384')?.id]).toEqual([1, 'ES384']);
  });

  it.each([
    ['ML-DSA', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', kid: 'pq' }],
    ['no object', 'key'],
    ['null', null],
    ['an array', []],
  ])('skips a key of an unknown type: %s', (_name, jwk) => {
    expect(read(jwk, ec).size).toBe(1);
  });

  it('skips a key with the ID of an earlier key', () => {
    const set = read(ec, { ...ec384, kid: 'ES256' });
    expect([set.size, set.withId('ES256')?.algorithms]).toEqual([1, ['ES256']]);
  });

  it('lets a key that is skipped claim no ID', () => {
    const weak = { ...rsa, e: 'AQ', kid: 'ES256' };
    expect(read(weak, ec).withId('ES256')?.algorithms).toEqual(['ES256']);
  });

  it('keeps several keys without an ID', () => {
    expect(read(without(ec, 'kid'), without(ec384, 'kid'), without(ec, 'kid')).size).toBe(2);
  });

  it('may be empty', () => {
    expect([read().size, IssuerKeySet.EMPTY.size, read().fitting('ES256')]).toEqual([0, 0, []]);
  });

  it('reuses the keys of the previous set', () => {
    const previous = read(rsa, ec);
    const next = IssuerKeySet.read([ec, ed], 'sig', previous);
    expect(next.withId('ES256')).toBe(previous.withId('ES256'));
    expect([next.size, next.withId('RS256')]).toEqual([2, undefined]);
  });

  it('never holds more keys than an issuer may publish, nor two of the same ID', () => {
    const kid = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined });
    const jwk = fc.tuple(fc.constantFrom('RS256', 'ES256', 'EdDSA'), kid).map(([which, id]) => {
      const key = { RS256: rsa, ES256: ec, EdDSA: ed }[which];
      return { ...without(key ?? {}, 'kid'), ...(id !== undefined && { kid: id }) };
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(jwk, fc.jsonValue()), { maxLength: 150 }), (jwks) => {
        const set = IssuerKeySet.read(jwks, 'sig');
        expect(set.size).toBeLessThanOrEqual(MAX_ISSUER_KEYS);
        const ids = PUBLIC_ALGORITHMS.flatMap((algorithm) => set.fitting(algorithm)).map(({ id }) => id);
        const named = [...new Set(ids.filter((id) => id !== undefined))];
        expect(named.every((id) => set.withId(id)?.id === id)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('IssuerKeySet of a SPIFFE bundle', () => {
  it.each([
    ['x509-svid', 'x509-svid'],
    ['sig', 'sig'],
    ['nothing', undefined],
    ['JWT-SVID', 'JWT-SVID'],
  ])('skips a key for %s', (_name, use) => {
    const set = readSvid({ ...ec, use }, { ...ed, use: 'jwt-svid' });
    expect([set.size, set.withId('EdDSA')?.id]).toEqual([1, 'EdDSA']);
  });

  it('skips a weak key, and no other', () => {
    const set = readSvid({ ...rsa, use: 'jwt-svid', e: 'AQ' }, { ...ec, use: 'jwt-svid' });
    expect([set.size, set.withId('ES256')?.id]).toEqual([1, 'ES256']);
  });

  it('has keys that no other issuer may use', () => {
    expect(read({ ...ec, use: 'jwt-svid' }).size).toBe(0);
  });
});
