import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import { type FederatedCredential, matchesCredential } from '../../../src/clients/federated-credential.js';
import { FederatedIndex } from '../../../src/clients/federated-index.js';
import { clientOf } from '../../support/client-values.js';

const federated = (id: string, ...federatedCredentials: FederatedCredential[]): Client =>
  clientOf({ id, federatedCredentials });

const credential = (
  subject: string,
  claims: FederatedCredential['claims'] = {},
  issuer = 'ci',
): FederatedCredential => ({ issuer, subject, claims });

const found = (index: FederatedIndex, subject: string, claims: object = {}, issuer = 'ci'): string[] =>
  [...index.match(issuer, subject, claims)].sort();

describe('FederatedIndex.match', () => {
  it('finds a client once, by whichever of its credentials matches', () => {
    const index = new FederatedIndex();
    index.add(
      federated(
        'a',
        credential('x:y:z'),
        credential('x:y:*', { '/c': 1 }),
        credential('x:y:*', { '/c': [1, 2] }),
      ),
    );
    expect(found(index, 'x:y:z', { c: 1 })).toEqual(['a']);
    expect(found(index, 'x:y:other', { c: 2 })).toEqual(['a']);
    expect(found(index, 'x:y:other', { c: 3 })).toEqual([]);
  });

  it('finds every client that matches, with shorter and longer prefixes', () => {
    const index = new FederatedIndex();
    index.add(federated('short', credential('x:y:*', { '/c': 1 })));
    index.add(federated('long', credential('x:y:z/*', { '/c': 1 })));
    index.add(federated('exact', credential('x:y:z/1')));
    expect(found(index, 'x:y:z/1', { c: 1 })).toEqual(['exact', 'long', 'short']);
    expect(found(index, 'x:y:z/2', { c: 1 })).toEqual(['long', 'short']);
    expect(found(index, 'x:y:z', { c: 1 })).toEqual(['short']);
    expect(found(index, 'x:y:', { c: 1 })).toEqual([]);
  });

  it('keeps issuers apart, also if a subject looks like a part of the key', () => {
    const index = new FederatedIndex();
    index.add(federated('a', credential('ci x', {}, 'ci')));
    index.add(federated('b', credential('x', {}, 'ci-2')));
    expect(found(index, 'ci x')).toEqual(['a']);
    expect(found(index, 'x')).toEqual([]);
    expect(found(index, 'x', {}, 'ci-2')).toEqual(['b']);
    expect(found(index, 'ci x', {}, '')).toEqual([]);
  });

  it('looks up a bounded number of prefixes of a subject of 10,000 separators', () => {
    const index = new FederatedIndex();
    index.add(federated('a', credential('a:b:*', { '/c': 1 })));
    let looked = 0;
    const claims = new Proxy(
      { c: 2 },
      { getOwnPropertyDescriptor: (...args) => (looked++, Reflect.getOwnPropertyDescriptor(...args)) },
    );
    expect(found(index, `a:b${':'.repeat(10_000)}`, claims)).toEqual([]);
    expect(looked).toBe(1);
    expect(found(index, `a:b${':'.repeat(10_000)}`, { c: 1 })).toEqual(['a']);
    expect(found(index, ':/'.repeat(5_000), { c: 1 })).toEqual([]);
  });

  it('finds the longest prefix that may be registered', () => {
    const index = new FederatedIndex();
    // 255 code points with the wildcard; each takes two UTF-16 code units.
    const prefix = `a:${'🪪'.repeat(251)}:`;
    index.add(federated('a', credential(`${prefix}*`, { '/c': 1 })));
    expect(found(index, `${prefix}x`, { c: 1 })).toEqual(['a']);
  });

  it('compares the conditions of the candidates alone, however many clients there are', () => {
    const index = new FederatedIndex();
    let compared = 0;
    const counting = {
      get c(): number {
        compared++;
        return 1;
      },
    };
    for (let i = 0; i < 10_000; i++) {
      index.add(federated(`exact-${i}`, credential(`job:${i}:exact`, { '/c': 1 })));
      index.add(federated(`prefix-${i}`, credential(`job:${i}:*`, { '/c': 1 })));
    }
    expect(found(index, 'job:77:exact', counting)).toEqual(['exact-77', 'prefix-77']);
    expect(compared).toBe(2);
  });

  it('agrees with comparing every credential, after any sequence of changes', () => {
    const segment = fc.constantFrom('a', 'b', '', 'ab');
    const separator = fc.constantFrom(':', '/');
    const text = fc
      .array(fc.tuple(segment, separator), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.flat().join(''));
    const pattern = fc.oneof(
      text,
      text.map((prefix) => `${prefix}*`),
    );
    const conditions = fc.constantFrom<FederatedCredential['claims']>({}, { '/c': 1 }, { '/c': [1, 2] });
    const issuer = fc.constantFrom('ci', 'k8s');
    const credentials = fc.array(fc.record({ issuer, subject: pattern, claims: conditions }), {
      maxLength: 3,
    });
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      credentials: fc.option(credentials, { nil: undefined }),
    });
    const token = fc.record({
      issuer,
      subject: fc.oneof(
        text,
        fc.tuple(text, segment).map((parts) => parts.join('')),
      ),
      c: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 12 }),
        fc.array(token, { maxLength: 5 }),
        (changes, tokens) => {
          const index = new FederatedIndex();
          const clients = new Map<string, Client>();
          for (const { id, credentials: made } of changes) {
            const previous = clients.get(id);
            if (previous) index.remove(previous);
            clients.delete(id);
            if (!made) continue;
            const client = federated(id, ...made);
            clients.set(id, client);
            index.add(client);
          }
          for (const { issuer: named, subject, c } of tokens) {
            const expected = [...clients.values()].filter(({ federatedCredentials }) =>
              federatedCredentials.some(
                (each) => each.issuer === named && matchesCredential(each, subject, { c }),
              ),
            );
            expect(found(index, subject, { c }, named)).toEqual(expected.map(({ id }) => id).sort());
          }
        },
      ),
    );
  });
});

describe('FederatedIndex.named', () => {
  it('has the credentials with the same issuer and pattern, an exact one apart from a prefix', () => {
    const index = new FederatedIndex();
    index.add(federated('a', credential('x:y:*', { '/c': 1 })));
    index.add(federated('b', credential('x:y:*', { '/c': 2 })));
    index.add(federated('c', credential('x:y:')));
    const ids = (subject: string): string[] =>
      index.named(credential(subject)).map(({ clientId }) => clientId);
    expect([ids('x:y:*'), ids('x:y:'), ids('x:y')]).toEqual([['a', 'b'], ['c'], []]);
  });
});
