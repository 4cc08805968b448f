import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { PublishedKeySet } from '../../../src/key-sets/key-set-source.js';
import { RemoteKeySet } from '../../../src/key-sets/remote-key-set.js';
import { JoseKey, PUBLIC_ALGORITHMS } from '../../support/jose-key.js';
import { MovedClock } from '../../support/moved-clock.js';

let first: JoseKey;
let second: JoseKey;
beforeAll(async () => {
  [first, second] = await Promise.all([JoseKey.make('ES256', 'first'), JoseKey.make('ES256', 'second')]);
});

const KEEP_SECONDS = 86_400;

/** An issuer that publishes keys or is unavailable, and a key set that is fetched from it. */
class Scene {
  readonly clock = new MovedClock();
  readonly reports: string[] = [];
  fetches = 0;
  published: readonly JoseKey[] = [first];
  isUnavailable = false;
  /** Whether the issuer responds only when the test calls {@link respond}. */
  hangs = false;
  respond: (keySet: PublishedKeySet) => void = () => undefined;
  ageSeconds = 300;
  readonly keySet: RemoteKeySet;

  constructor(keepSeconds = KEEP_SECONDS) {
    this.keySet = new RemoteKeySet({
      source: () => this.fetch(),
      algorithms: PUBLIC_ALGORITHMS,
      keepSeconds,
      clock: this.clock,
      report: (reason) => void this.reports.push(reason),
    });
  }

  knows(key: JoseKey): boolean {
    return this.keySet.candidates('ES256', key.jwk.kid).keyIdKnown;
  }

  /** Looks for a key as a request does: among the known keys, and again after a fetch that it must await. */
  async look(key: JoseKey): Promise<boolean> {
    await this.keySet.update(!this.knows(key));
    return this.knows(key);
  }

  private fetch(): Promise<PublishedKeySet> {
    this.fetches += 1;
    if (this.hangs) return new Promise((resolve) => (this.respond = resolve));
    if (this.isUnavailable) return Promise.reject(new Error('the issuer is unavailable'));
    return Promise.resolve({ keys: this.published.map(({ jwk }) => jwk), ageSeconds: this.ageSeconds });
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe('RemoteKeySet', () => {
  it('fetches nothing before a key is needed', async () => {
    await settled();
    expect([scene.fetches, scene.keySet.isKnown, scene.knows(first)]).toEqual([0, false, false]);
  });

  it('is fetched once for any number of waiting requests', async () => {
    const found = await Promise.all(Array.from({ length: 1000 }, () => scene.look(first)));
    expect([scene.fetches, found.every(Boolean)]).toEqual([1, true]);
  });

  it('is not fetched while its keys are fresh, and no request waits', async () => {
    await scene.look(first);
    scene.clock.advance(239);
    expect(scene.keySet.update(false)).toBeUndefined();
    expect(scene.fetches).toBe(1);
  });

  it('is refreshed in the background before its keys are stale', async () => {
    await scene.look(first);
    scene.published = [first, second];
    scene.clock.advance(240);
    expect(scene.keySet.update(false)).toBeUndefined();
    expect(scene.keySet.update(false)).toBeUndefined();
    await settled();
    expect([scene.fetches, scene.knows(second)]).toEqual([2, true]);
  });

  it('is awaited once its keys are stale, so that a removed key is no longer used', async () => {
    await scene.look(first);
    scene.published = [second];
    scene.clock.advance(300);
    expect(await scene.look(first)).toBe(false);
    expect([scene.fetches, scene.knows(second)]).toEqual([2, true]);
  });

  it('is refreshed after 48 seconds if the issuer sets an age of 60', async () => {
    scene.ageSeconds = 60;
    await scene.look(first);
    scene.clock.advance(47);
    void scene.keySet.update(false);
    expect(scene.fetches).toBe(1);
    scene.clock.advance(1);
    void scene.keySet.update(false);
    expect(scene.fetches).toBe(2);
  });

  describe('with an unknown key', () => {
    it('is fetched at most once in 30 seconds for any number of requests', async () => {
      await scene.look(first);
      for (let storm = 0; storm < 5; storm++) {
        await Promise.all(Array.from({ length: 200 }, () => scene.look(second)));
        scene.clock.advance(5.9);
      }
      expect(scene.fetches).toBe(1);
      scene.clock.advance(0.5);
      await Promise.all(Array.from({ length: 200 }, () => scene.look(second)));
      expect(scene.fetches).toBe(2);
    });

    it('finds it after the issuer has rotated, and keeps the previous key', async () => {
      await scene.look(first);
      scene.clock.advance(30);
      scene.published = [second, first];
      expect(await scene.look(second)).toBe(true);
      expect(await scene.look(first)).toBe(true);
    });

    it('delays no request until 30 seconds after the last fetch', async () => {
      await scene.look(first);
      scene.clock.advance(29.999);
      expect(scene.keySet.update(true)).toBeUndefined();
      scene.clock.advance(0.001);
      expect(scene.keySet.update(true)).toBeInstanceOf(Promise);
    });
  });

  describe('while the issuer is unavailable', () => {
    it('keeps its keys for an hour and delays no request', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(240);
      void scene.keySet.update(false);
      await settled();
      for (let minute = 0; minute < 60; minute++) {
        scene.clock.advance(60);
        expect(scene.keySet.update(false)).toBeUndefined();
        await settled();
        expect(scene.knows(first)).toBe(true);
      }
    });

    it('delays only the first request after its keys are stale', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(3600);
      await scene.keySet.update(false);
      scene.clock.advance(30);
      expect(scene.keySet.update(false)).toBeUndefined();
      expect([scene.fetches, scene.knows(first)]).toEqual([3, true]);
    });

    it('is fetched at most once in 30 seconds', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(300);
      for (let second = 0; second < 90; second++) {
        await scene.look(first);
        await settled();
        scene.clock.advance(1);
      }
      expect(scene.fetches).toBe(1 + 3);
    });

    it('reports the outage once, and the next one again', async () => {
      for (const isUnavailable of [true, true, false, true, true]) {
        scene.isUnavailable = isUnavailable;
        await scene.keySet.update(true);
        scene.clock.advance(60);
      }
      expect(scene.reports).toEqual(['the issuer is unavailable', 'the issuer is unavailable']);
    });

    it('drops its keys after keepSeconds, to the millisecond', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(KEEP_SECONDS - 0.001);
      expect([scene.knows(first), scene.keySet.isKnown]).toEqual([true, true]);
      scene.clock.advance(0.001);
      expect([scene.knows(first), scene.keySet.isKnown]).toEqual([false, false]);
      expect(await scene.look(first)).toBe(false);
    });

    it('counts keepSeconds from the last successful fetch', async () => {
      for (let hour = 0; hour < 30; hour++) {
        scene.isUnavailable = false;
        expect(await scene.look(first)).toBe(true);
        scene.isUnavailable = true;
        scene.clock.advance(3_600);
        expect(await scene.look(first)).toBe(true);
        scene.clock.advance(30);
      }
      scene.clock.advance(KEEP_SECONDS);
      expect(await scene.look(first)).toBe(false);
    });

    it('reports expired keys once, retries with pauses up to 30 seconds, and recovers', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(KEEP_SECONDS - 60);
      await scene.look(first);
      for (let second = 0; second < 240; second++) {
        scene.clock.advance(1);
        await scene.look(first);
        await settled();
      }
      expect(scene.reports).toEqual([
        'the issuer is unavailable',
        'the issuer is unavailable; the known keys are too old to be used',
      ]);
      expect(scene.fetches).toBeLessThanOrEqual(6 + 240 / 30);
      scene.isUnavailable = false;
      scene.clock.advance(30);
      expect(await scene.look(first)).toBe(true);
      scene.isUnavailable = true;
      scene.clock.advance(KEEP_SECONDS);
      await scene.look(first);
      expect(scene.reports).toHaveLength(3);
    });

    it('recovers with the next fetch', async () => {
      await scene.look(first);
      scene.isUnavailable = true;
      scene.clock.advance(300);
      await scene.look(first);
      scene.isUnavailable = false;
      scene.published = [second];
      scene.clock.advance(30);
      void scene.keySet.update(false);
      await settled();
      expect([scene.knows(first), scene.knows(second)]).toEqual([false, true]);
    });
  });

  describe('if the issuer was never reached', () => {
    it('is fetched again after a pause that doubles up to 30 seconds', async () => {
      scene.isUnavailable = true;
      const pauses: number[] = [];
      let last = scene.clock.now();
      for (let step = 0; step < 1500; step++) {
        const before = scene.fetches;
        await scene.look(first);
        if (scene.fetches > before) {
          pauses.push((scene.clock.now() - last) / 1000);
          last = scene.clock.now();
        }
        scene.clock.advance(0.1);
      }
      expect(pauses.slice(0, 8).map(Math.round)).toEqual([0, 1, 2, 4, 8, 16, 30, 30]);
    });

    it('delays no request during the pause', async () => {
      scene.isUnavailable = true;
      await scene.look(first);
      expect(scene.keySet.update(true)).toBeUndefined();
      expect(scene.keySet.isKnown).toBe(false);
    });
  });

  describe('while the issuer hangs', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
      scene.hangs = true;
    });
    afterEach(() => void jest.useRealTimers());

    it('delays requests until 2 seconds after the fetch began, and none after that', async () => {
      const found = [scene.look(first)];
      jest.advanceTimersByTime(1_999);
      found.push(scene.look(first));
      let isOver = false;
      void found[0]?.then(() => (isOver = true));
      await settled();
      expect(isOver).toBe(false);
      jest.advanceTimersByTime(1);
      expect(await Promise.all(found)).toEqual([false, false]);
      expect(scene.keySet.update(true)).toBeUndefined();
      expect([scene.fetches, scene.keySet.isFetching, scene.keySet.retryAfterSeconds]).toEqual([1, true, 1]);
    });

    it('uses the response that comes late', async () => {
      const look = scene.look(first);
      jest.advanceTimersByTime(2_000);
      expect(await look).toBe(false);
      scene.respond({ keys: [first.jwk], ageSeconds: 300 });
      await settled();
      expect([scene.knows(first), scene.keySet.isFetching, scene.fetches]).toEqual([true, false, 1]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('keeps known keys in use meanwhile', async () => {
      scene.hangs = false;
      await scene.look(first);
      scene.hangs = true;
      scene.clock.advance(300);
      const look = scene.look(first);
      jest.advanceTimersByTime(2_000);
      expect(await look).toBe(true);
      expect(scene.keySet.update(false)).toBeUndefined();
    });
  });

  it('says when the next fetch may start', async () => {
    scene.isUnavailable = true;
    await scene.look(first);
    expect(scene.keySet.retryAfterSeconds).toBe(1);
    scene.clock.advance(1);
    await scene.look(first);
    expect(scene.keySet.retryAfterSeconds).toBe(2);
    scene.clock.advance(0.5);
    expect(scene.keySet.retryAfterSeconds).toBe(2);
    scene.clock.advance(60);
    expect(scene.keySet.retryAfterSeconds).toBe(1);
  });

  it.each([1, 5, 29, 30, 31, 60, 300])(
    'is refreshed in time, but not too often, if keys are kept for only %d s',
    async (keepSeconds) => {
      const other = new Scene(keepSeconds);
      const steps = 600;
      for (let step = 0; step < steps; step++) {
        expect(await other.look(first)).toBe(true);
        await settled();
        other.clock.advance(keepSeconds / 20);
      }
      expect(other.fetches).toBeLessThanOrEqual(2 + steps / 16);
      other.isUnavailable = true;
      other.clock.advance(keepSeconds);
      expect(await other.look(first)).toBe(false);
    },
  );

  it('drops its keys if the issuer publishes none', async () => {
    await scene.look(first);
    scene.published = [];
    scene.clock.advance(300);
    expect(await scene.look(first)).toBe(false);
    expect(scene.keySet.isKnown).toBe(true);
  });

  it('is fetched at most once in 30 seconds after the first fetch, whatever happens', async () => {
    const step = fc.record({
      seconds: fc.integer({ min: 0, max: 400 }),
      isUnavailable: fc.boolean(),
      isMissing: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
        scene = new Scene();
        await scene.look(first);
        let last = scene.clock.now();
        for (const { seconds, isUnavailable, isMissing } of steps) {
          scene.clock.advance(seconds);
          scene.isUnavailable = isUnavailable;
          const before = scene.fetches;
          await scene.keySet.update(isMissing);
          await settled();
          if (scene.fetches === before) continue;
          expect(scene.fetches).toBe(before + 1);
          expect(scene.clock.now() - last).toBeGreaterThanOrEqual(30_000);
          last = scene.clock.now();
        }
        expect(scene.knows(first)).toBe(true);
      }),
    );
  });
});
