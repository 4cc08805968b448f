import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import {
  type ClientRequest,
  isSubjectPattern,
  type PolicyViolation,
  policyViolation,
} from '../../../src/clients/client-policy.js';
import { clientOf } from '../../support/client-values.js';

const CLIENT = clientOf({
  id: 'worker',
  audiences: ['logging-service', 'billing'],
  scopes: ['logs:read', 'logs:write'],
  claims: ['tenant', 'toString'],
  mayActFor: ['user-*', 'batch-1', 'other-client', 'üser 🪪*', 'a.c'],
});
const CLIENTS = ['worker', 'other-client', 'user-bot', 'stranger'];

/** The first parameter of a request that the client may not have, or `none`. */
function violation(changes: Partial<ClientRequest>, client: Client = CLIENT): PolicyViolation | 'none' {
  const request = { subject: 'worker', audience: 'logging-service', ...changes };
  return policyViolation(client, request, (id) => CLIENTS.includes(id)) ?? 'none';
}

describe('policyViolation', () => {
  it.each<[string, string | string[], string]>([
    ['one of its audiences', 'billing', 'none'],
    ['one, in an array', ['billing'], 'none'],
    ['all of them', ['billing', 'logging-service'], 'none'],
    ['another', 'shipping', 'audience'],
    ['another among its own', ['billing', 'shipping'], 'audience'],
    ['one in another case', 'Billing', 'audience'],
    ['one with a space after it', 'billing ', 'audience'],
    ['a prefix of one', 'logging', 'audience'],
    ['a pattern', '*', 'audience'],
  ])('checks the audience: %s', (_name, audience, expected) => {
    expect(violation({ audience })).toBe(expected);
  });

  it.each([
    ['itself', 'worker', 'none'],
    ['a listed subject', 'batch-1', 'none'],
    ['a subject with a listed prefix', 'user-42', 'none'],
    ['the prefix itself', 'user-', 'none'],
    ['a prefix that is not ASCII', 'üser 🪪 7', 'none'],
    ['another client that is listed', 'other-client', 'none'],
    ['another client that only a prefix covers', 'user-bot', 'subject'],
    ['another client', 'stranger', 'subject'],
    ['someone else', 'someone', 'subject'],
    ['part of a prefix', 'user', 'subject'],
    ['a prefix in another case', 'User-42', 'subject'],
    ['a prefix that is not at the start', 'the user-42', 'subject'],
    ['a listed subject and more', 'batch-12', 'subject'],
    ['a subject that fits a dot only as a wildcard', 'abc', 'subject'],
    ['itself in another case', 'Worker', 'subject'],
  ])('checks the subject: %s', (_name, subject, expected) => {
    expect(violation({ subject })).toBe(expected);
  });

  it.each<[string, string | undefined, string]>([
    ['none', undefined, 'none'],
    ['one of its scopes', 'logs:read', 'none'],
    ['all of them, in any order', 'logs:write logs:read', 'none'],
    ['one twice', 'logs:read logs:read', 'none'],
    ['another', 'logs:delete', 'scope'],
    ['another among its own', 'logs:read logs:delete', 'scope'],
    ['a prefix of one', 'logs', 'scope'],
    ['one in another case', 'LOGS:READ', 'scope'],
    ['a double space', 'logs:read  logs:write', 'scope'],
    ['an empty string', '', 'scope'],
  ])('checks the scope: %s', (_name, scope, expected) => {
    expect(violation({ scope })).toBe(expected);
  });

  it.each<[string, Record<string, unknown> | undefined, string]>([
    ['none', undefined, 'none'],
    ['an empty object', {}, 'none'],
    ['a name that it may set', { tenant: 'acme' }, 'none'],
    ['a name from Object.prototype that it may set', { toString: 1 }, 'none'],
    ['another name', { role: 'admin' }, 'claims'],
    ['another name, whose value is null', { role: null }, 'claims'],
    ['another among its own', { tenant: 'acme', role: 'admin' }, 'claims'],
    ['a name from Object.prototype', { constructor: 1 }, 'claims'],
    ['a name in a nested object', { tenant: { role: 'admin' } }, 'none'],
  ])('checks the claims: %s', (_name, claims, expected) => {
    expect(violation({ claims })).toBe(expected);
  });

  it('returns the first violation, in the order audience, subject, scope, claims', () => {
    const wrong = { audience: 'x', subject: 'x', scope: 'x', claims: { x: 1 } };
    expect(violation(wrong)).toBe('audience');
    expect(violation({ ...wrong, audience: 'billing' })).toBe('subject');
    expect(violation({ ...wrong, audience: 'billing', subject: 'worker' })).toBe('scope');
  });

  it('allows a client without rights only a token about itself, for no audience', () => {
    const poor = clientOf();
    expect(violation({}, poor)).toBe('audience');
    expect(violation({ audience: [] }, poor)).toBe('none');
  });
});

// Short names of few letters, so that names, prefixes, subjects and clients often match.
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '-', '*'), minLength: 1, maxLength: 4 });
const plain = name.filter((text) => !text.includes('*'));
const names = fc.uniqueArray(plain, { maxLength: 4 });
const pattern = fc.oneof(
  plain,
  plain.map((text) => `${text}*`),
);

const client = fc
  .record({
    id: plain,
    audiences: names,
    scopes: names,
    claims: names,
    mayActFor: fc.uniqueArray(pattern, { maxLength: 4 }),
  })
  .map(clientOf);

const request = fc.record({
  subject: name,
  audience: fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 })),
  scope: fc.option(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join(' ')),
    { nil: undefined },
  ),
  claims: fc.option(fc.dictionary(name, fc.integer(), { maxKeys: 3 }), { nil: undefined }),
});

/** The same rules, implemented in another way: with sets, and with patterns split into names and prefixes. */
function oracle(
  holder: Client,
  asked: ClientRequest,
  clients: ReadonlySet<string>,
): PolicyViolation | undefined {
  const outside = (wanted: readonly string[], allowed: readonly string[]): boolean =>
    new Set([...wanted, ...allowed]).size > new Set(allowed).size;
  const audiences = typeof asked.audience === 'string' ? [asked.audience] : asked.audience;
  if (outside(audiences, holder.audiences)) return 'audience';
  const exact = [holder.id, ...holder.mayActFor];
  const prefixes = holder.mayActFor.flatMap((each) => (each.endsWith('*') ? [each.slice(0, -1)] : []));
  const { subject = holder.id } = asked;
  const covered = prefixes.some((prefix) => subject.slice(0, prefix.length) === prefix);
  if (!exact.some((each) => each === subject) && (clients.has(subject) || !covered)) return 'subject';
  if (outside(asked.scope?.split(' ') ?? [], holder.scopes)) return 'scope';
  if (outside(Object.keys(asked.claims ?? {}), holder.claims)) return 'claims';
  return undefined;
}

describe('policyViolation, if the evidence of a grant allows the subject,', () => {
  it.each<[string, Partial<ClientRequest>, string]>([
    ['nothing about the subject', {}, 'none'],
    ['the audience', { audience: 'shipping' }, 'audience'],
    ['the scope', { scope: 'logs:delete' }, 'scope'],
    ['the claims', { claims: { role: 'x' } }, 'claims'],
  ])('still checks %s', (_name, changes, expected) => {
    expect(violation({ subject: undefined, ...changes }, { ...CLIENT, mayActFor: [] })).toBe(expected);
  });
});

describe('isSubjectPattern', () => {
  it.each<[unknown, boolean]>([
    ['user-1', true],
    ['user-*', true],
    ['idp:user*', true],
    ['*', false],
    ['**', false],
    ['a*b', false],
    ['*a', false],
    ['', false],
    ['a\n', false],
    ['x'.repeat(256), false],
    [1, false],
    [undefined, false],
  ])('of %j is %s', (value, expected) => {
    expect(isSubjectPattern(value)).toBe(expected);
  });
});

describe('policyViolation, for any client and request,', () => {
  it('agrees with another implementation of the rules', () => {
    fc.assert(
      fc.property(client, request, names, (holder, asked, others) => {
        const clients = new Set([holder.id, ...others]);
        expect(policyViolation(holder, asked, (id) => clients.has(id))).toBe(oracle(holder, asked, clients));
      }),
      { numRuns: 2_000 },
    );
  });

  it('allows any part of what the client may request', () => {
    fc.assert(
      fc.property(client, fc.infiniteStream(fc.nat()), (holder, numbers) => {
        const choose = (list: readonly string[]): string[] =>
          list.filter(() => Number(numbers.next().value) % 2 === 0);
        const [scope, claims] = [choose(holder.scopes), choose(holder.claims)];
        const asked = {
          subject: [holder.id, ...holder.mayActFor.filter((each) => !each.endsWith('*'))].at(-1) ?? '',
          audience: choose(holder.audiences),
          ...(scope.length > 0 && { scope: scope.join(' ') }),
          claims: Object.fromEntries(claims.map((each) => [each, true])),
        };
        expect(policyViolation(holder, asked, () => true)).toBeUndefined();
      }),
    );
  });

  it('allows no more to a client with fewer rights', () => {
    fc.assert(
      fc.property(client, request, fc.nat(), (holder, asked, at) => {
        const without = (list: readonly string[]): string[] => list.filter((_, i) => i !== at % list.length);
        const less = {
          ...holder,
          audiences: without(holder.audiences),
          scopes: without(holder.scopes),
          claims: without(holder.claims),
          mayActFor: without(holder.mayActFor),
        };
        const mayLess = policyViolation(less, asked, () => false) === undefined;
        if (mayLess) expect(policyViolation(holder, asked, () => false)).toBeUndefined();
      }),
    );
  });
});
