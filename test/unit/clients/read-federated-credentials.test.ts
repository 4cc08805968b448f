import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  federatedCredentialsFault,
  readFederatedCredentials,
  sameCredential,
} from '../../../src/clients/read-federated-credentials.js';

const SOME = { '/repository_id': '456' };

/** What is wrong with a credential; `undefined` if it is valid. */
function faultOf(value: unknown): string | undefined {
  const fault = federatedCredentialsFault([value]);
  expect(fault === '').toBe(Array.isArray(readFederatedCredentials([value])));
  return fault === '' ? undefined : fault;
}

const subjectFault = (subject: unknown, claims: object = SOME): string | undefined =>
  faultOf({ issuer: 'ci', subject, claims });

describe('readFederatedCredentials', () => {
  it('reads a credential; without claims it has no conditions', () => {
    const claims = { '/a': ['x', 1], '/b~1c': true, '/n': 0 };
    expect(
      readFederatedCredentials([
        { issuer: 'ci', subject: 'x' },
        { issuer: 'ci', subject: 'y', claims: null },
        { issuer: 'ci', subject: 'x:y:*', claims },
      ]),
    ).toEqual([
      { issuer: 'ci', subject: 'x', claims: {} },
      { issuer: 'ci', subject: 'y', claims: {} },
      { issuer: 'ci', subject: 'x:y:*', claims },
    ]);
  });

  it.each([
    'x',
    'system:serviceaccount:prod:worker',
    'repo:acme@123/app@456:ref:refs/heads/main',
    'arn:aws:iam::123456789012:role/worker',
    '113774264463038321964',
    'spiffe://td/path',
    'a:b:*',
    'repo:acme/*',
    'repo:acme/app:*',
    'spiffe://td/*',
    'spiffe://td/ns/*',
    'a//b/*',
  ])('accepts the subject %j with a condition', (subject) => {
    expect(subjectFault(subject)).toBeUndefined();
  });

  it.each([
    ['*', /directly after : or \/, and at least 2 segments/],
    ['repo:*', /at least 2 segments/],
    ['::*', /at least 2 segments/],
    [':a:*', /at least 2 segments/],
    ['//*', /at least 2 segments/],
    ['a/*', /at least 2 segments/],
    ['repo:acme*', /directly after : or \//],
    ['repo:acme/app*', /directly after : or \//],
    ['a:b.*', /directly after : or \//],
    ['a:b *', /directly after : or \//],
    ['a*b', /no \* but one at its end/],
    ['**', /no \* but one at its end/],
    ['a:b:**', /no \* but one at its end/],
    ['a:*:c', /no \* but one at its end/],
    ['*:b:c', /no \* but one at its end/],
    ['a:*:*', /no \* but one at its end/],
    ['', /1 to 255 characters/],
    [' ', /1 to 255 characters/],
    ['x'.repeat(256), /1 to 255 characters/],
    ['a\n', /without control/],
    ['a\u200b', /invisible/],
    ['\ud800', /1 to 255/],
    [1, /must be a string/],
    [null, /must be a string/],
    [undefined, /must be a string/],
    [['a'], /must be a string/],
  ])('rejects the subject %j', (subject, words) => {
    expect(subjectFault(subject)).toMatch(/^entry 0: subject /);
    expect(subjectFault(subject)).toMatch(words);
  });

  it.each(['a:b:*', 'repo:acme/*', 'spiffe://td/*'])(
    'rejects the subject %j without a condition',
    (subject) => {
      expect(subjectFault(subject, {})).toBe('entry 0: subject may end in * only with a condition in claims');
    },
  );

  it.each([
    ['no list', { issuer: 'ci', subject: 'x' }],
    ['no list either', 'x'],
    ['21 credentials', Array.from({ length: 21 }, (_, i) => ({ issuer: 'ci', subject: `job-${i}` }))],
  ])('rejects %s', (_name, value) => {
    expect(federatedCredentialsFault(value)).toBe('must be an array of at most 20 credentials');
  });

  it('accepts none and 20 credentials', () => {
    expect(readFederatedCredentials([])).toEqual([]);
    const all = Array.from({ length: 20 }, (_, i) => ({ issuer: 'ci', subject: `job-${i}` }));
    expect(readFederatedCredentials(all)).toHaveLength(20);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'ci', /must be an object/],
    ['null', null, /must be an object/],
    ['a list', [], /must be an object/],
    [
      'an unknown field',
      { issuer: 'ci', subject: 'x', claim: {} },
      /no other fields than issuer, subject, claims/,
    ],
    ['__proto__', JSON.parse('{"issuer":"ci","subject":"x","__proto__":{}}'), /no other fields/],
    ['no issuer', { subject: 'x' }, /issuer must be/],
    ['an empty issuer', { issuer: '', subject: 'x' }, /issuer must be/],
    ['an issuer that is no text', { issuer: 1, subject: 'x' }, /issuer must be/],
    ['no subject', { issuer: 'ci' }, /subject must be/],
  ])('rejects a credential that is or has %s, by its index', (_name, value, words) => {
    const fault = federatedCredentialsFault([{ issuer: 'ci', subject: 'valid' }, value]);
    expect(fault).toMatch(/^entry 1: /);
    expect(fault).toMatch(words);
  });

  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`/c${i}`, i]));
  it.each<[string, unknown]>([
    ['a list', []],
    ['text', '/a'],
    ['11 conditions', eleven],
    ['a name that is no pointer', { repository_id: '1' }],
    ['an empty pointer', { '': '1' }],
    ['a bad escape', { '/a~2': '1' }],
    ['a pointer of 256 characters', { [`/${'a'.repeat(255)}`]: '1' }],
    ['null as a value', { '/a': null }],
    ['an object as a value', { '/a': {} }],
    ['no value at all', { '/a': [] }],
    ['a list in a list', { '/a': [['x']] }],
    ['null in a list', { '/a': ['x', null] }],
    ['a repeated value', { '/a': ['x', 'x'] }],
    ['21 values', { '/a': Array.from({ length: 21 }, (_, i) => i) }],
    ['empty text', { '/a': '' }],
    ['a lone surrogate', { '/a': '\ud800' }],
    ['a number that JSON cannot express', { '/a': Infinity }],
    ['a number that JSON reads as its neighbour', { '/a': Number('9007199254740993') }],
    ['2^53', { '/a': 2 ** 53 }],
    ['-2^53', { '/a': -(2 ** 53) }],
    ['a number that is too large in a list', { '/a': [1, 1e300] }],
  ])('rejects %s in claims', (_name, claims) => {
    expect(faultOf({ issuer: 'ci', subject: 'x', claims })).toMatch(/^entry 0: claims must be an object/);
  });

  it.each([2 ** 53 - 1, -(2 ** 53 - 1), 0, -1.5, 1e-7])('accepts the number %d', (number) => {
    expect(faultOf({ issuer: 'ci', subject: 'x', claims: { '/a': number } })).toBeUndefined();
  });

  it('accepts 10 conditions', () => {
    const { '/c10': _last, ...ten } = eleven;
    expect(faultOf({ issuer: 'ci', subject: 'x', claims: ten })).toBeUndefined();
  });

  it('rejects a repeated credential, whatever the order of its conditions', () => {
    const one = { issuer: 'ci', subject: 'x', claims: { '/a': ['1', '2'], '/b': true } };
    const other = { claims: { '/b': [true], '/a': ['2', '1'] }, subject: 'x', issuer: 'ci' };
    expect(federatedCredentialsFault([one, other])).toBe('entry 1: is repeated');
  });

  it('accepts a wildcard only after : or / and two segments, for any text', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', ':', '/', '*', '.', '-'), { minLength: 1, maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.boolean(), (subject, hasCondition) => {
        const isExact = !subject.includes('*');
        const isPrefix = /^[^*]*[^:/*][^*]*[:/][^*]*[^:/*][^*]*[:/]\*$/.test(subject) && hasCondition;
        expect(subjectFault(subject, hasCondition ? SOME : {}) === undefined).toBe(isExact || isPrefix);
      }),
    );
  });
});

describe('sameCredential', () => {
  const base = { issuer: 'ci', subject: 'x', claims: { '/a': 1 } };

  it.each<[string, object, boolean]>([
    ['the same', {}, true],
    ['a list of the one value', { claims: { '/a': [1] } }, true],
    ['another issuer', { issuer: 'k8s' }, false],
    ['another subject', { subject: 'y' }, false],
    ['another pointer', { claims: { '/b': 1 } }, false],
    ['a value of another type', { claims: { '/a': '1' } }, false],
    ['a further value', { claims: { '/a': [1, 2] } }, false],
    ['a further condition', { claims: { '/a': 1, '/b': 1 } }, false],
    ['no condition', { claims: {} }, false],
  ])('of %s', (_name, difference, expected) => {
    expect(sameCredential(base, { ...base, ...difference })).toBe(expected);
    expect(sameCredential({ ...base, ...difference }, base)).toBe(expected);
  });
});
