import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { IssuerRegistry } from '../../../src/issuers/issuer-registry.js';
import type { TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import { issuerOf } from '../../support/issuer-values.js';
import { MemoryRecordStore } from '../../support/memory-record-store.js';

let store: MemoryRecordStore<TrustedIssuer>;
let registry: IssuerRegistry;

beforeEach(() => {
  store = new MemoryRecordStore();
  registry = new IssuerRegistry(store, new ClientRegistry(new MemoryRecordStore()));
});

/** A change that another instance makes. */
const elsewhere = (id: string, changes: Partial<TrustedIssuer> | undefined): Promise<unknown> =>
  store.change(id, () => changes && issuerOf({ id, issuer: `https://${id}.example`, ...changes }));
const bundle = (trustDomain: string): Partial<TrustedIssuer> => ({
  keys: { kind: 'spiffe_bundle', bundle: { keys: [] }, trustDomain },
});

describe('IssuerRegistry', () => {
  it('finds an entry by its exact issuer until it is deleted', async () => {
    await elsewhere('one', {});
    await registry.sync();
    expect(registry.byIssuer('https://one.example')?.id).toBe('one');
    expect(registry.byIssuer('https://one.example/')).toBeUndefined();
    await elsewhere('one', undefined);
    await registry.sync();
    expect(registry.byIssuer('https://one.example')).toBeUndefined();
  });

  it('finds the entry that took over an issuer, in whatever order it learns of the changes', async () => {
    await elsewhere('one', { issuer: 'https://shared.example' });
    await registry.sync();
    await elsewhere('one', undefined);
    await elsewhere('two', { issuer: 'https://shared.example' });
    await elsewhere('one', { issuer: 'https://other.example' });
    await registry.sync();
    expect(registry.byIssuer('https://shared.example')?.id).toBe('two');
    expect(registry.byIssuer('https://other.example')?.id).toBe('one');
  });

  it('finds the entry that took over a trust domain', async () => {
    await elsewhere('one', bundle('x'));
    await elsewhere('two', bundle('y'));
    await registry.sync();
    await elsewhere('two', bundle('z'));
    await elsewhere('one', bundle('y'));
    await elsewhere('two', bundle('w'));
    await registry.sync();
    expect(['w', 'x', 'y', 'z'].map((domain) => registry.byTrustDomain(domain)?.id)).toEqual([
      'two',
      undefined,
      'one',
      undefined,
    ]);
  });

  it.each<[string, boolean]>([
    ['one:alice', true],
    ['two:alice', false],
    ['unknown:alice', false],
    ['one', false],
    [':one', false],
    ['constructor:x', false],
  ])('says whether %s begins like the subjects of an entry other than two: %s', async (subject, expected) => {
    await elsewhere('one', {});
    await elsewhere('two', {});
    await registry.sync();
    expect(registry.isPrefixed(subject, 'two')).toBe(expected);
  });

  it('lists entries page by page in the order of their IDs', async () => {
    for (const id of ['c', 'a', 'b']) await elsewhere(id, {});
    await registry.sync();
    const first = registry.page(2);
    expect([first.issuers.map(({ id }) => id), first.next]).toEqual([['a', 'b'], 'b']);
    const second = registry.page(2, 'b');
    expect([second.issuers.map(({ id }) => id), second.next]).toEqual([['c'], undefined]);
  });
});
