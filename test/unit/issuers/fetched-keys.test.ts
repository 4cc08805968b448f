import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RemoteFailure } from '../../../src/http-client/remote-failure.js';
import { FetchedKeys } from '../../../src/issuers/fetched-keys.js';
import type { IssuerKeySet } from '../../../src/issuers/issuer-key-set.js';
import type { PublishedKeySet } from '../../../src/key-sets/key-set-source.js';
import { JoseKey } from '../../support/jose-key.js';
import { MovedClock } from '../../support/moved-clock.js';

let first: JoseKey;
let second: JoseKey;
beforeAll(async () => {
  [first, second] = await Promise.all([JoseKey.make('ES256', 'first'), JoseKey.make('ES256', 'second')]);
});

const DAY = 86_400;
const UNAVAILABLE = new RemoteFailure('https://issuer.example/keys', 'ECONNREFUSED');

/** An issuer that publishes keys or is unavailable, and its keys as fetched. */
class Scene {
  readonly clock = new MovedClock();
  readonly reports: (string | undefined)[] = [];
  fetches = 0;
  mostInProgress = 0;
  published: readonly JoseKey[] = [first];
  isUnavailable = false;
  ageSeconds = 300;
  /** Whether the issuer responds only when the test calls {@link respond}. */
  hangs = false;
  signal: AbortSignal | undefined;
  respond: () => void = () => undefined;
  private inProgress = 0;
  readonly keys = new FetchedKeys({
    fetch: (signal) => this.fetch(signal),
    use: 'sig',
    clock: this.clock,
    report: (failure) => void this.reports.push(failure),
  });

  /** Finds a key as a request does. */
  async find(key: JoseKey): Promise<'found' | 'missing' | 'no keys'> {
    const known = await this.keys.find((keys) => isMissing(keys, key));
    if (!known) return 'no keys';
    return isMissing(known, key) ? 'missing' : 'found';
  }

  /** Does what happens in the background once a second. */
  async refreshIfDue(): Promise<void> {
    if ((this.keys.dueAt ?? Infinity) <= this.clock.now()) await this.keys.refresh();
  }

  private async fetch(signal: AbortSignal): Promise<PublishedKeySet | RemoteFailure> {
    this.fetches += 1;
    this.inProgress += 1;
    this.mostInProgress = Math.max(this.mostInProgress, this.inProgress);
    this.signal = signal;
    const { isUnavailable, published, ageSeconds, hangs } = this;
    if (hangs) await new Promise<void>((resolve) => (this.respond = resolve));
    this.inProgress -= 1;
    return isUnavailable ? UNAVAILABLE : { keys: published.map(({ jwk }) => jwk), ageSeconds };
  }
}

const isMissing = (keys: IssuerKeySet, { jwk }: JoseKey): boolean => keys.withId(jwk.kid ?? '') === undefined;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe('FetchedKeys before the first fetch', () => {
  it('are due, but fetched only when someone asks', async () => {
    await settled();
    expect([scene.keys.dueAt, scene.fetches, scene.keys.ageSeconds]).toEqual([-Infinity, 0, undefined]);
  });

  it('are fetched once for 200 requests, all of which wait', async () => {
    const found = await Promise.all(Array.from({ length: 200 }, () => scene.find(first)));
    expect([scene.fetches, new Set(found)]).toEqual([1, new Set(['found'])]);
  });

  it('let a request wait for the background fetch in progress', async () => {
    scene.hangs = true;
    void scene.keys.refresh();
    const found = scene.find(first);
    expect(await Promise.race([found, settled().then(() => 'waits')])).toBe('waits');
    scene.respond();
    expect([await found, scene.fetches]).toEqual(['found', 1]);
  });

  it('are unknown after a failure, and no request starts a fetch for 5 seconds', async () => {
    scene.isUnavailable = true;
    expect(await scene.find(first)).toBe('no keys');
    scene.isUnavailable = false;
    scene.clock.advance(4.999);
    expect([await scene.find(first), scene.fetches]).toEqual(['no keys', 1]);
    scene.clock.advance(0.001);
    expect([await scene.find(first), scene.fetches]).toEqual(['found', 2]);
  });

  it('count those 5 seconds from the end of the fetch', async () => {
    scene.isUnavailable = scene.hangs = true;
    const found = scene.find(first);
    scene.clock.advance(5);
    scene.respond();
    expect([await found, await scene.find(first), scene.fetches]).toEqual(['no keys', 'no keys', 1]);
  });

  it('are fetched once if 200 requests wait for a fetch that fails', async () => {
    scene.isUnavailable = true;
    const found = await Promise.all(Array.from({ length: 200 }, () => scene.find(first)));
    expect([scene.fetches, new Set(found)]).toEqual([1, new Set(['no keys'])]);
  });
});

describe('FetchedKeys with keys', () => {
  beforeEach(async () => {
    await scene.keys.refresh();
  });

  it('finds a known key at once, without a promise', () => {
    expect(scene.keys.find((keys) => isMissing(keys, first))).not.toBeInstanceOf(Promise);
  });

  it('fetches for an unknown key even if a scheduled fetch has just ended', async () => {
    scene.published = [first, second];
    expect([await scene.find(second), scene.fetches]).toEqual(['found', 2]);
  });

  it('fetches for unknown keys once in 30 seconds, however many requests name them', async () => {
    const found = await Promise.all(Array.from({ length: 200 }, () => scene.find(second)));
    scene.clock.advance(29.999);
    found.push(await scene.find(second));
    expect([scene.fetches, new Set(found)]).toEqual([2, new Set(['missing'])]);
    scene.published = [first, second];
    scene.clock.advance(0.001);
    expect([await scene.find(second), scene.fetches]).toEqual(['found', 3]);
  });

  it('does not count a scheduled fetch as that for an unknown key', async () => {
    scene.clock.advance(300);
    scene.hangs = true;
    void scene.keys.refresh();
    // The issuer publishes the key after it began to respond to the scheduled fetch.
    scene.published = [first, second];
    const found = scene.find(second);
    scene.hangs = false;
    scene.respond();
    expect([await found, scene.fetches]).toEqual(['found', 3]);
  });

  it('finds known keys while a fetch for an unknown one is in progress', async () => {
    scene.hangs = true;
    const waiting = scene.find(second);
    expect(await scene.find(first)).toBe('found');
    scene.respond();
    expect([await waiting, scene.mostInProgress]).toEqual(['missing', 1]);
  });

  it('says that the key is missing, not that there are no keys, if the fetch for it fails', async () => {
    scene.isUnavailable = true;
    expect([await scene.find(second), await scene.find(first)]).toEqual(['missing', 'found']);
  });

  it('fetches for unknown keys once in 30 seconds during an outage too', async () => {
    scene.isUnavailable = true;
    for (let second_ = 0; second_ < 30; second_ += 1) {
      await scene.find(second);
      scene.clock.advance(1);
    }
    expect(scene.fetches).toBe(2);
  });

  it.each([300, 1000, 3600])('is due again after the age of the set: %d seconds', async (ageSeconds) => {
    scene.ageSeconds = ageSeconds;
    await scene.keys.refresh();
    scene.clock.advance(ageSeconds - 0.001);
    await scene.refreshIfDue();
    expect(scene.fetches).toBe(2);
    scene.clock.advance(0.001);
    await scene.refreshIfDue();
    expect(scene.fetches).toBe(3);
  });

  it('lets no request wait for a fetch that is due in the background', async () => {
    scene.clock.advance(359);
    expect([await scene.find(first), scene.fetches]).toEqual(['found', 1]);
  });

  it('lets a request wait if the background fetch is late, so that no revoked key is used', async () => {
    scene.published = [second];
    scene.clock.advance(360);
    expect([await scene.find(first), scene.fetches]).toEqual(['missing', 2]);
    expect([await scene.find(second), scene.fetches]).toEqual(['found', 2]);
  });

  it('is due when the entry changes, and lets no request wait for that', async () => {
    scene.clock.advance(10);
    scene.keys.expire();
    expect([scene.keys.dueAt, await scene.find(first), scene.fetches]).toEqual([
      scene.clock.now(),
      'found',
      1,
    ]);
  });

  it('is as old as the request for it, however late the response', async () => {
    scene.hangs = true;
    const refreshed = scene.keys.refresh();
    scene.clock.advance(4);
    scene.respond();
    await refreshed;
    expect(scene.keys.ageSeconds).toBe(4);
  });

  it('forgets a key that the issuer publishes no longer', async () => {
    scene.published = [second];
    await scene.keys.refresh();
    expect([await scene.find(first), await scene.find(second)]).toEqual(['missing', 'found']);
  });

  it('accepts that the issuer revoked all its keys', async () => {
    scene.published = [];
    await scene.keys.refresh();
    expect([await scene.find(first), scene.keys.failure]).toEqual(['missing', undefined]);
  });

  it('has the age of its last fetch', async () => {
    scene.clock.advance(100);
    expect(scene.keys.ageSeconds).toBe(100);
    await scene.keys.refresh();
    expect(scene.keys.ageSeconds).toBe(0);
  });
});

describe('FetchedKeys in an outage', () => {
  beforeEach(async () => {
    await scene.keys.refresh();
    scene.isUnavailable = true;
  });

  /** Lets time pass as in the service, with a look at the keys every ten seconds. */
  async function pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 10) {
      scene.clock.advance(Math.min(10, seconds - passed));
      await scene.refreshIfDue();
    }
  }

  it('are used for 24 hours, then no longer', async () => {
    await pass(DAY - 1);
    expect(await scene.find(first)).toBe('found');
    await pass(1);
    expect(await scene.find(first)).toBe('no keys');
  });

  it('are used again after the outage, and their age shows it', async () => {
    await pass(DAY + 100);
    expect(scene.keys.ageSeconds).toBe(DAY + 100);
    scene.isUnavailable = false;
    await pass(60);
    expect([await scene.find(first), (scene.keys.ageSeconds ?? Infinity) <= 60]).toEqual(['found', true]);
  });

  it('are fetched after 5 seconds, then with pauses that double up to a minute', async () => {
    await scene.keys.refresh();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const pause = (scene.keys.dueAt ?? NaN) - scene.clock.now();
      pauses.push(pause / 1000);
      scene.clock.advance(pause / 1000);
      await scene.refreshIfDue();
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60]);
  });

  it('begin with a pause of 5 seconds again after the next success', async () => {
    await pass(1000);
    scene.isUnavailable = false;
    await pass(60);
    scene.isUnavailable = true;
    await scene.keys.refresh();
    expect((scene.keys.dueAt ?? NaN) - scene.clock.now()).toBe(5000);
  });

  it('report its begin and its end once, and expose the reason between', async () => {
    await pass(2000);
    expect([scene.reports, scene.keys.failure]).toEqual([[UNAVAILABLE.message], UNAVAILABLE.message]);
    scene.isUnavailable = false;
    await pass(60);
    expect([scene.reports, scene.keys.failure]).toEqual([[UNAVAILABLE.message, undefined], undefined]);
    await pass(2000);
    expect(scene.reports).toHaveLength(2);
  });

  it('let no request wait for a late fetch: with many issuers unavailable, all would', async () => {
    await scene.keys.refresh();
    scene.clock.advance(3600);
    expect([await scene.find(first), scene.fetches]).toEqual(['found', 2]);
  });

  it('are not due within 5 seconds of a failure, even if the entry changes', async () => {
    await scene.keys.refresh();
    scene.clock.advance(1);
    scene.keys.expire();
    expect((scene.keys.dueAt ?? NaN) - scene.clock.now()).toBe(4000);
  });
});

describe('FetchedKeys that are closed', () => {
  it('abort the fetch in progress, and neither keep nor report its outcome', async () => {
    scene.hangs = true;
    const found = scene.find(first);
    scene.keys.close();
    expect(scene.signal?.aborted).toBe(true);
    scene.respond();
    expect([await found, await scene.find(first), scene.fetches]).toEqual(['no keys', 'no keys', 1]);
    expect([scene.keys.ageSeconds, scene.reports]).toEqual([undefined, []]);
  });

  it('report no failure', async () => {
    scene.hangs = scene.isUnavailable = true;
    const found = scene.find(first);
    scene.keys.close();
    scene.respond();
    expect([await found, scene.reports]).toEqual(['no keys', []]);
  });

  it('have no keys', async () => {
    await scene.keys.refresh();
    scene.keys.close();
    expect([await scene.find(first), scene.fetches]).toEqual(['no keys', 1]);
  });
});

describe('FetchedKeys at any time', () => {
  type Step =
    | { readonly kind: 'pass'; readonly seconds: number }
    | { readonly kind: 'find'; readonly which: 'first' | 'second' }
    | { readonly kind: 'outage'; readonly isUnavailable: boolean }
    | { readonly kind: 'background' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: DAY })),
    }),
    fc.record({ kind: fc.constant('find' as const), which: fc.constantFrom('first', 'second') }),
    fc.record({ kind: fc.constant('outage' as const), isUnavailable: fc.boolean() }),
    fc.record({ kind: fc.constant('background' as const) }),
  );

  it('are at most 24 hours old when used, and never fetched twice at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const scene = new Scene();
        for (const each of steps) {
          if (each.kind === 'pass') scene.clock.advance(each.seconds);
          else if (each.kind === 'outage') scene.isUnavailable = each.isUnavailable;
          else if (each.kind === 'background') await scene.refreshIfDue();
          else if ((await scene.find(each.which === 'first' ? first : second)) !== 'no keys') {
            expect(scene.keys.ageSeconds).toBeLessThan(DAY);
          }
        }
        expect(scene.mostInProgress).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('are fetched for requests at most once in 5 seconds without keys, and in 30 with them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.integer({ min: 0, max: 20 })), async (knows, pauses) => {
        const scene = new Scene();
        if (knows) await scene.keys.refresh();
        scene.isUnavailable = true;
        const times: number[] = [];
        for (const seconds of pauses) {
          scene.clock.advance(seconds);
          const before = scene.fetches;
          await scene.find(second);
          if (scene.fetches > before) times.push(scene.clock.now());
        }
        const least = knows ? 30_000 : 5_000;
        expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) >= least)).toBe(
          true,
        );
      }),
    );
  });
});
