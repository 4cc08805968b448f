import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { FetchedKeys } from '../../../src/issuers/fetched-keys.js';
import type { KeySource, TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import {
  type FakeKeys,
  IssuerKeysScene,
  KEYS_UNAVAILABLE,
  publishes,
} from '../../support/issuer-keys-scene.js';
import { issuerOf } from '../../support/issuer-values.js';
import { JoseKey } from '../../support/jose-key.js';

let first: JWK;
let second: JWK;
beforeAll(async () => {
  const made = await Promise.all([JoseKey.make('ES256', 'first'), JoseKey.make('ES256', 'second')]);
  [first, second] = made.map(({ jwk }) => jwk) as [JWK, JWK];
});

const URI = 'https://corporate.example/keys';
const jwksUri = (uri = URI): KeySource => ({ kind: 'jwks_uri', jwksUri: uri, caFile: null, tokenFile: null });
const REMOTE: readonly KeySource[] = [
  { kind: 'discovery' },
  jwksUri(),
  { kind: 'spiffe_bundle_uri', bundleUri: URI, trustDomain: 'corporate.example' },
];

let scene: IssuerKeysScene;
let entry: TrustedIssuer;
beforeEach(async () => {
  scene = new IssuerKeysScene();
  scene.source.answer = () => publishes([first]);
  entry = await scene.put(issuerOf());
});

/** Lets the source respond when the test calls the returned function. */
function respondLater(keys: FakeKeys): () => void {
  let respond: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (respond = resolve));
  scene.source.answer = () => asked.then(() => keys);
  return respond;
}

describe('IssuerKeys', () => {
  it('fetches the keys of an entry for the first request, and no other', async () => {
    expect((await scene.find(entry))?.withId('first')).toBeDefined();
    expect((await scene.find(entry))?.withId('first')).toBeDefined();
    expect(scene.source.fetched).toEqual([entry.issuer]);
  });

  it('keeps the keys of entries apart', async () => {
    const other = await scene.put(issuerOf({ id: 'other', issuer: 'https://other.example' }));
    scene.source.answer = (issuer) => publishes([issuer === entry.issuer ? first : second]);
    expect((await scene.find(entry))?.withId('second')).toBeUndefined();
    expect((await scene.find(other))?.withId('first')).toBeUndefined();
  });

  it.each<[string, KeySource['kind']]>([
    ['a JWK Set', 'jwks'],
    ['a SPIFFE bundle', 'spiffe_bundle'],
  ])('reads the keys in an entry once, and fetches nothing: %s', async (_name, kind) => {
    const use = kind === 'jwks' ? 'sig' : 'jwt-svid';
    const keys = [
      { ...first, use },
      { ...second, use: 'x509-svid' },
      { ...second, e: 'AQ', kty: 'RSA' },
    ];
    const fixed = await scene.put(
      issuerOf({
        keys:
          kind === 'jwks'
            ? { kind: 'jwks', jwks: { keys } }
            : { kind: 'spiffe_bundle', bundle: { keys }, trustDomain: 'corporate.example' },
      }),
    );
    const found = scene.keys.find(fixed, () => true);
    expect(found).not.toBeInstanceOf(Promise);
    expect(found).toMatchObject({ size: 1 });
    expect(scene.keys.find(fixed, () => true)).toBe(found);
    expect(scene.source.fetched).toEqual([]);
    expect(scene.keys.stateOf(fixed)).toEqual({ ageSeconds: undefined, failure: undefined });
  });

  it.each(REMOTE)(
    'uses the keys for JWT-SVIDs of a bundle alone, the others of no bundle: %j',
    async (keys) => {
      entry = await scene.put(issuerOf({ keys }));
      scene.source.answer = () => publishes([first, { ...second, use: 'jwt-svid' }]);
      const isBundle = keys.kind === 'spiffe_bundle_uri';
      expect((await scene.find(entry))?.withId(isBundle ? 'second' : 'first')).toBeDefined();
      expect((await scene.find(entry))?.size).toBe(1);
    },
  );

  it('has the age of the keys, and why the last fetch failed', async () => {
    expect(scene.keys.stateOf(entry)).toEqual({ ageSeconds: undefined, failure: undefined });
    await scene.find(entry);
    scene.clock.advance(400);
    scene.source.answer = () => KEYS_UNAVAILABLE;
    await scene.keys.due?.refresh();
    expect(scene.keys.stateOf(entry)).toEqual({ ageSeconds: 400, failure: KEYS_UNAVAILABLE.message });
  });

  it('reports an outage and its end, by the ID of the entry', async () => {
    scene.source.answer = () => KEYS_UNAVAILABLE;
    await scene.find(entry);
    scene.clock.advance(5);
    await scene.find(entry);
    scene.source.answer = () => publishes([first]);
    scene.clock.advance(5);
    await scene.find(entry);
    expect(scene.report.reports).toEqual([
      ['corporate', KEYS_UNAVAILABLE.message],
      ['corporate', undefined],
    ]);
  });
});

describe('IssuerKeys when an entry changes', () => {
  it('discards the keys of a previous source', async () => {
    await scene.find(entry);
    entry = await scene.put(issuerOf({ keys: jwksUri() }));
    const respond = respondLater(publishes([second]));
    const found = scene.find(entry);
    respond();
    expect((await found)?.withId('first')).toBeUndefined();
    expect((await found)?.withId('second')).toBeDefined();
  });

  it('discards keys that a fetch from the previous source brings later', async () => {
    const respondFirst = respondLater(publishes([first]));
    const waiting = scene.find(entry);
    const changed = await scene.put(issuerOf({ keys: jwksUri() }));
    expect(scene.source.signals[0]?.aborted).toBe(true);
    scene.source.answer = () => publishes([second]);
    const found = await scene.find(changed);
    respondFirst();
    expect(await waiting).toBeUndefined();
    expect(found?.withId('second')).toBeDefined();
    expect((await scene.find(changed))?.withId('first')).toBeUndefined();
    expect(scene.keys.stateOf(changed).ageSeconds).toBe(0);
  });

  it('has no keys for an outdated entry', async () => {
    await scene.find(entry);
    await scene.put(issuerOf({ keys: jwksUri() }));
    expect(await scene.find(entry)).toBeUndefined();
  });

  it.each<[string, Partial<TrustedIssuer>]>([
    ['another URL', { keys: jwksUri(`${URI}-2`) }],
    ['a file of certificates', { keys: { ...jwksUri(), caFile: '/ca.pem' } as KeySource }],
    ['a file with a token', { keys: { ...jwksUri(), tokenFile: '/token' } as KeySource }],
    ['another iss, after it was deleted elsewhere', { issuer: 'https://other.example' }],
  ])('fetches from the new source at once: %s', async (_name, change) => {
    entry = await scene.put(issuerOf({ keys: jwksUri() }));
    await scene.find(entry);
    entry = await scene.put({ ...entry, ...change });
    scene.source.answer = () => publishes([second]);
    expect((await scene.find(entry))?.withId('second')).toBeDefined();
    expect(scene.source.fetched).toHaveLength(2);
  });

  it('keeps the keys if their source is the same, but fetches them in the background', async () => {
    await scene.find(entry);
    expect(scene.keys.due).toBeUndefined();
    entry = await scene.put({ ...entry, audiences: ['other'] });
    expect(scene.keys.find(entry, () => false)).not.toBeInstanceOf(Promise);
    expect(scene.keys.due).toBeInstanceOf(FetchedKeys);
  });

  it('has no keys for a deleted entry, and forgets them', async () => {
    await scene.find(entry);
    await scene.remove(entry.id);
    expect(await scene.find(entry)).toBeUndefined();
    expect(scene.keys.stateOf(entry)).toEqual({ ageSeconds: undefined, failure: undefined });
    const again = await scene.put(issuerOf());
    scene.source.answer = () => publishes([second]);
    expect((await scene.find(again))?.withId('first')).toBeUndefined();
  });

  it('neither fetches nor uses the keys of a disabled entry', async () => {
    await scene.find(entry);
    const disabled = await scene.put({ ...entry, disabled: true });
    expect([await scene.find(disabled), await scene.find(entry), scene.keys.due]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(scene.source.fetched).toHaveLength(1);
  });

  it('fetches the keys again if an entry is enabled again', async () => {
    await scene.find(entry);
    await scene.put({ ...entry, disabled: true });
    const enabled = await scene.put({ ...entry });
    scene.source.answer = () => publishes([second]);
    expect((await scene.find(enabled))?.withId('first')).toBeUndefined();
  });

  it.each(['disabled', 'deleted'])(
    'lets a request that waits find no keys if the entry is %s',
    async (how) => {
      const respond = respondLater(publishes([first]));
      const waiting = scene.find(entry);
      if (how === 'deleted') await scene.remove(entry.id);
      else await scene.put({ ...entry, disabled: true });
      respond();
      expect(await waiting).toBeUndefined();
    },
  );

  it('reports nothing about the previous source', async () => {
    const respond = respondLater(KEYS_UNAVAILABLE);
    const waiting = scene.find(entry);
    await scene.put(issuerOf({ keys: jwksUri() }));
    respond();
    await waiting;
    expect(scene.report.reports).toEqual([]);
  });

  it('ends the fetches in progress at shutdown', async () => {
    const respond = respondLater(publishes([first]));
    const waiting = scene.find(entry);
    scene.keys.onApplicationShutdown();
    expect([scene.source.signals[0]?.aborted, scene.keys.due]).toEqual([true, undefined]);
    respond();
    expect(await waiting).toBeUndefined();
  });
});

describe('IssuerKeys that are due', () => {
  async function refreshAll(): Promise<void> {
    for (let { due } = scene.keys; due; { due } = scene.keys) await due.refresh();
  }

  it('are those that have been due for longest', async () => {
    await scene.remove(entry.id);
    for (const id of ['a', 'b', 'c']) await scene.put(issuerOf({ id, issuer: `https://${id}.example` }));
    const ages: Readonly<Record<string, number>> = { a: 900, b: 300, c: 600 };
    scene.source.answer = (issuer) => publishes([first], ages[issuer.charAt('https://'.length)] ?? 3600);
    await refreshAll();
    scene.clock.advance(1000);
    scene.source.fetched.length = 0;
    await refreshAll();
    expect(scene.source.fetched).toEqual(['https://b.example', 'https://c.example', 'https://a.example']);
  });

  it('are none while they are fetched', () => {
    respondLater(publishes([first]));
    void scene.keys.due?.refresh();
    expect(scene.keys.due).toBeUndefined();
  });
});
