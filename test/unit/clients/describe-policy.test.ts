import { describe, expect, it } from '@jest/globals';
import { describePolicy, describeInPlainAscii } from '../../../src/clients/describe-policy.js';
import type { Client } from '../../../src/clients/client.js';
import { clientOf } from '../../support/client-values.js';

const OWN = 'identity-backend';

/** A client with values that a response must never show. */
const clientWith = (changes: Partial<Client> = {}): Client =>
  clientOf({
    name: 'the name',
    secrets: [{ id: 'secret-id', hash: 'secret-hash', createdAt: 0, expiresAt: null }],
    ...changes,
  });

describe('describePolicy', () => {
  it('names audiences, scopes, subjects and claims', () => {
    const client = clientWith({
      audiences: ['billing', 'logging-service'],
      scopes: ['logs:write'],
      claims: ['tenant'],
      mayActFor: ['user-*', 'batch-1'],
    });
    expect(describePolicy(client, OWN)).toBe(
      'This client may request: audiences "billing", "logging-service"; scopes "logs:write"; subjects "worker", "user-*", "batch-1"; claims "tenant".',
    );
  });

  it('says "none" for empty lists', () => {
    expect(describePolicy(clientWith(), OWN)).toBe(
      'This client may request: audiences none; scopes none; subjects "worker"; claims none.',
    );
  });

  it('says that a client without a grant may not request tokens', () => {
    expect(describePolicy(clientWith({ audiences: ['billing'], grantTypes: [] }), OWN)).toBe(
      'This client may not request tokens: its grant_types lack client_credentials.',
    );
  });

  it('omits the service itself from the audiences', () => {
    const client = clientWith({ audiences: ['identity-backend', 'billing'] });
    expect(describePolicy(client, 'identity-backend')).toMatch(/: audiences "billing"; scopes none;/);
  });

  it('has a limited length, and says how many names are omitted', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `name-${i}`);
    const text = describePolicy(
      clientWith({ audiences: names, scopes: names, claims: names, mayActFor: ['x'.repeat(255), ...names] }),
      OWN,
    );
    expect(text.length).toBeLessThan(2_500);
    expect(text).toMatch(/audiences "name-0", .*, 4\d{3} more; scopes/);
  });

  it('shows neither a secret nor its hash, and escapes names', () => {
    const text = describePolicy(clientWith({ audiences: ['a"b\n'] }), OWN);
    expect(text).not.toMatch(/secret|hash/);
    expect(text).toContain('"a\\"b\\n"');
  });
});

describe('describeInPlainAscii', () => {
  it.each([
    [[], 'none'],
    [['billing', 'https://api.example/v1'], 'billing, https://api.example/v1'],
    [['a"b', 'billing', 'c\\d', 'é'], 'billing, 3 more'],
    [['é'], '1 more'],
  ])('of %j is %s', (names, text) => {
    expect(describeInPlainAscii(names)).toBe(text);
  });

  it('has a limited length', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `name-${i}`);
    expect(describeInPlainAscii(names)).toMatch(/^name-0, .{400,500}, 4\d{3} more$/);
  });
});
