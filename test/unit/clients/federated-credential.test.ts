import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type ConditionValue,
  type FederatedCredential,
  matchesCredential,
  matchesSubject,
} from '../../../src/clients/federated-credential.js';

const credential = (subject: string, claims: FederatedCredential['claims'] = {}): FederatedCredential => ({
  issuer: 'ci',
  subject,
  claims,
});

describe('matchesSubject', () => {
  it.each([
    ['repo:acme/app', 'repo:acme/app', true],
    ['repo:acme/app', 'repo:acme/app2', false],
    ['repo:acme/app', 'repo:Acme/app', false],
    ['repo:acme/app:*', 'repo:acme/app:ref:main', true],
    ['repo:acme/app:*', 'repo:acme/app:*', true],
    ['repo:acme/app:*', 'repo:acme/app:', false],
    ['repo:acme/app:*', 'repo:acme/app', false],
    ['repo:acme/app:*', 'repo:acme/app2:ref:main', false],
    ['repo:acme/app:*', 'REPO:acme/app:ref', false],
    ['a:b:*', 'a:b:\u0000', true],
    ['\u00e9', 'e\u0301', false],
    ['\u017f', 's', false],
    ['\u212a', 'K', false],
    ['stra\u00dfe', 'strasse', false],
    ['a:b', 'a:b ', false],
    ['a:b', '', false],
  ])('of %j and the subject %j is %s', (pattern, subject, expected) => {
    expect(matchesSubject(credential(pattern), subject)).toBe(expected);
  });

  it('matches an exact subject to itself alone', () => {
    const exact = fc.string({ minLength: 1 }).filter((text) => !text.endsWith('*'));
    fc.assert(
      fc.property(exact, fc.string(), (pattern, subject) => {
        expect(matchesSubject(credential(pattern), subject)).toBe(pattern === subject);
        expect(matchesSubject(credential(pattern), pattern)).toBe(true);
      }),
    );
  });

  it('matches a prefix to every longer subject and to no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (prefix, rest) => {
        const pattern = credential(`${prefix}*`);
        expect(matchesSubject(pattern, prefix + rest)).toBe(true);
        expect(matchesSubject(pattern, prefix)).toBe(false);
        expect(matchesSubject(pattern, `${rest}${prefix}x`)).toBe(`${rest}${prefix}x`.startsWith(prefix));
      }),
    );
  });
});

describe('matchesCredential', () => {
  const meets = (expected: FederatedCredential['claims'][string], value: unknown): boolean =>
    matchesCredential(credential('job', { '/c': expected }), 'job', { c: value });

  it.each<[ConditionValue | readonly ConditionValue[], unknown, boolean]>([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', ['b', 'a'], true],
    ['a', [['a']], false],
    ['a', { a: 'a' }, false],
    ['a', [], false],
    ['a', null, false],
    ['1', 1, false],
    [1, 1, true],
    [1, '1', false],
    [1, [2, 1], true],
    [1, true, false],
    [true, true, true],
    [true, 'true', false],
    [true, 1, false],
    [false, null, false],
    [false, '', false],
    [0, -0, true],
    [['a', 'b'], 'b', true],
    [['a', 'b'], 'c', false],
    [['a', 'b'], ['c', 'b'], true],
    [['a', 1], 1, true],
    ['null', null, false],
    ['undefined', undefined, false],
    ['[object Object]', {}, false],
    ['a,b', ['a', 'b'], false],
  ])('requires %j of a claim: with %j the result is %s', (expected, value, matches) => {
    expect(meets(expected, value)).toBe(matches);
  });

  it('requires every condition, and a missing claim fails', () => {
    const both = credential('job', { '/a': 1, '/b/c~1d': ['x', 'y'] });
    expect(matchesCredential(both, 'job', { a: 1, b: { 'c/d': 'y' } })).toBe(true);
    expect(matchesCredential(both, 'job', { a: 1 })).toBe(false);
    expect(matchesCredential(both, 'job', { b: { 'c/d': 'y' } })).toBe(false);
    expect(matchesCredential(both, 'other', { a: 1, b: { 'c/d': 'y' } })).toBe(false);
  });

  it.each([
    ['/constructor/name', 'Object'],
    ['/__proto__', 'x'],
    ['/list/length', 1],
    ['/text/length', 4],
    ['/toString', 'x'],
  ])('does not find %s, which the token does not have', (pointer, value) => {
    const claims = { list: ['x'], text: 'text' };
    expect(matchesCredential(credential('job', { [pointer]: value }), 'job', claims)).toBe(false);
  });

  it('is met by no claim if a stored pointer or list is unusable', () => {
    for (const [pointer, expected] of [
      ['c', 'a'],
      ['/~2', 'a'],
      ['', 'a'],
      ['/c', []],
    ] as const) {
      expect(matchesCredential(credential('job', { [pointer]: expected }), 'job', { c: 'a' })).toBe(false);
    }
  });

  it('holds for a scalar exactly if one of the values is the same JSON', () => {
    const value = fc.oneof(
      fc.constantFrom('1', '', 'true', 'a'),
      fc.integer({ min: -1, max: 2 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), value, (expected, found) => {
        const isSame = expected.some((each) => JSON.stringify(each) === JSON.stringify(found));
        expect(meets(expected, found)).toBe(isSame);
        expect(meets(expected, [found])).toBe(isSame);
      }),
    );
  });
});
