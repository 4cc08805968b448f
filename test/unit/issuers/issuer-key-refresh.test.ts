import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { IssuerKeyRefresh } from '../../../src/issuers/issuer-key-refresh.js';
import { SyncLoop } from '../../../src/sync/sync-loop.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import {
  type FakeKeys,
  IssuerKeysScene,
  KEYS_UNAVAILABLE,
  publishes,
} from '../../support/issuer-keys-scene.js';
import { issuerOf } from '../../support/issuer-values.js';
import { JoseKey } from '../../support/jose-key.js';

let key: JWK;
beforeAll(async () => {
  ({ jwk: key } = await JoseKey.make('ES256'));
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const entryOf = (number: number): ReturnType<typeof issuerOf> =>
  issuerOf({ id: `issuer-${number}`, issuer: `https://issuer-${number}.example` });

let scene: IssuerKeysScene;
let syncLoop: SyncLoop;
/** The responses that hanging sources give when the test calls them, in the order of the fetches. */
let pending: ((keys: FakeKeys) => void)[];

beforeEach(() => {
  scene = new IssuerKeysScene();
  syncLoop = new SyncLoop(scene.clock, { error: () => undefined });
  new IssuerKeyRefresh(scene.keys, scene.registry, syncLoop).onModuleInit();
  pending = [];
});
afterEach(() => syncLoop.stop());

const hang = (): void => {
  scene.source.answer = () => new Promise<Awaited<FakeKeys>>((resolve) => pending.push(resolve));
};

describe('IssuerKeyRefresh', () => {
  it('fetches the keys of a new entry at once, before any request', async () => {
    scene.source.answer = () => publishes([key]);
    const entry = await scene.put(entryOf(1));
    await settled();
    expect(scene.keys.find(entry, () => false)).not.toBeInstanceOf(Promise);
    expect(scene.source.fetched).toEqual([entry.issuer]);
  });

  it('fetches again when an entry changes', async () => {
    const entry = await scene.put(entryOf(1));
    await settled();
    await scene.put({ ...entry, audiences: ['other'] });
    expect(scene.source.fetched).toHaveLength(2);
  });

  it('fetches again when the keys are due, with the next sync', async () => {
    await scene.put(entryOf(1));
    await settled();
    scene.clock.advance(299);
    await syncLoop.syncNow();
    expect(scene.source.fetched).toHaveLength(1);
    scene.clock.advance(1);
    await syncLoop.syncNow();
    expect(scene.source.fetched).toHaveLength(2);
  });

  it('fetches while the database is unavailable', async () => {
    await scene.put(entryOf(1));
    await settled();
    syncLoop.join({ sync: () => Promise.reject(new StoreUnavailable(undefined)) });
    scene.clock.advance(300);
    await expect(syncLoop.syncNow()).rejects.toThrow(StoreUnavailable);
    expect(scene.source.fetched).toHaveLength(2);
  });

  it('lets neither the sync nor a change wait for a fetch', async () => {
    hang();
    await scene.put(entryOf(1));
    await syncLoop.start();
    expect(pending).toHaveLength(1);
  });

  it.each(['disabled', 'deleted'])('fetches nothing for an entry that is %s', async (how) => {
    const entry = await scene.put(entryOf(1));
    await settled();
    if (how === 'deleted') await scene.remove(entry.id);
    else await scene.put({ ...entry, disabled: true });
    scene.clock.advance(86_400);
    await syncLoop.syncNow();
    expect(scene.source.fetched).toHaveLength(1);
  });

  it('keeps at most 8 fetches in progress for 1,000 unavailable entries, and reaches each of them', async () => {
    hang();
    for (let number = 0; number < 1000; number += 1) await scene.put(entryOf(number));
    expect(scene.source.inProgress).toBe(8);
    let rounds = 0;
    while (pending.length > 0 && new Set(scene.source.fetched).size < 1000) {
      // Each fetch takes as long as it may.
      scene.clock.advance(5);
      for (const respond of pending.splice(0)) respond(KEYS_UNAVAILABLE);
      await settled();
      await syncLoop.syncNow();
      rounds += 1;
    }
    expect([scene.source.mostInProgress, new Set(scene.source.fetched).size]).toEqual([8, 1000]);
    // Entries that failed are not fetched again before the others were fetched once.
    expect([rounds, scene.source.fetched.length]).toEqual([124, 1000]);
  });

  it('lets a request for an entry that is still queued start a fetch of its own', async () => {
    hang();
    for (let number = 0; number < 20; number += 1) await scene.put(entryOf(number));
    scene.source.answer = () => publishes([key]);
    const last = scene.registry.find('issuer-19');
    expect(last && (await scene.find(last))?.size).toBe(1);
    expect(scene.source.inProgress).toBe(8);
  });

  it('continues after fetches that failed', async () => {
    scene.source.answer = () => KEYS_UNAVAILABLE;
    for (let number = 0; number < 20; number += 1) await scene.put(entryOf(number));
    await settled();
    expect(scene.source.fetched).toHaveLength(20);
    scene.source.answer = () => publishes([key]);
    scene.clock.advance(5);
    await syncLoop.syncNow();
    await settled();
    expect([scene.source.fetched.length, scene.report.reports.length]).toEqual([40, 40]);
  });
});
