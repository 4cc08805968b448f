import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BackOff } from '../../../src/token-client/back-off.js';
import { clientSettings } from '../../../src/token-client/client-settings.js';
import { RenewedToken } from '../../../src/token-client/renewed-token.js';
import type { FetchedToken } from '../../../src/token-client/token-source.js';
import { requestedToken } from '../../../src/token-client/token-target.js';
import { TokenUnavailableError } from '../../../src/token-client/token-unavailable-error.js';
import { MovedClock } from '../../support/moved-clock.js';

const SETTINGS = clientSettings({ issuerUrl: 'https://issuer.example', subject: 'careergpt' });
const UNAVAILABLE = new TokenUnavailableError({ code: 'issuer_unreachable', reason: 'unavailable' });
const REFUSED = new TokenUnavailableError({ status: 403, code: 'invalid_target', reason: 'refused' });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An issuer that numbers its tokens, and the tokens of a client. */
class Scene {
  readonly clock = new MovedClock();
  readonly reports: string[] = [];
  fetches = 0;
  failure: TokenUnavailableError | undefined;
  lifetimeSeconds = 100;
  chance = 0;
  /** While set, responses wait for it. */
  gate: Promise<void> | undefined;
  private readonly random = (): number => this.chance;
  private readonly outage = new BackOff(this.clock, this.random);

  token(audience = 'logging-service'): RenewedToken {
    return new RenewedToken(requestedToken({ audience }, SETTINGS), {
      source: () => this.fetch(),
      clock: this.clock,
      random: this.random,
      outage: this.outage,
      report: ({ code }, target) => void this.reports.push(`${target.purpose}: ${code}`),
    });
  }

  private async fetch(): Promise<FetchedToken | TokenUnavailableError> {
    this.fetches += 1;
    const token = `token-${this.fetches}`;
    await this.gate;
    return this.failure ?? { token, lifetimeSeconds: this.lifetimeSeconds };
  }
}

const failureOf = (attempt: Promise<string>): Promise<TokenUnavailableError> =>
  attempt.then(
    (token) => Promise.reject(new Error(`There was a token: ${token}`)),
    (cause: unknown) => cause as TokenUnavailableError,
  );

let scene: Scene;
let token: RenewedToken;
beforeEach(() => {
  scene = new Scene();
  token = scene.token();
});

describe('RenewedToken', () => {
  it('is fetched once for 100 concurrent callers', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => token.get()));
    expect([new Set(tokens), scene.fetches]).toEqual([new Set(['token-1']), 1]);
  });

  it.each([
    [0, 75],
    [0.5, 82.5],
    [0.999, 89.985],
  ])('is renewed in the background at 75 to 90 %% of its lifetime (chance %d: %d %%)', async (chance, at) => {
    scene.chance = chance;
    await token.get();
    scene.clock.advance(at - 0.01);
    await token.get();
    expect(scene.fetches).toBe(1);
    scene.clock.advance(0.02);
    expect(await Promise.all([token.get(), token.get()])).toEqual(['token-1', 'token-1']);
    await settled();
    expect([scene.fetches, await token.get()]).toEqual([2, 'token-2']);
  });

  it('is renewed before it is returned in the last 5 % of its lifetime', async () => {
    await token.get();
    scene.clock.advance(95);
    expect(await token.get()).toBe('token-2');
  });

  it('is renewed before it is returned in the last ten seconds of a long lifetime', async () => {
    scene.lifetimeSeconds = 3600;
    await token.get();
    scene.clock.advance(3589.9);
    expect(await token.get()).toBe('token-1');
    await settled();
    scene.clock.advance(3590);
    expect(await token.get()).toBe('token-3');
  });

  it('counts its lifetime from the time of the request', async () => {
    let open: () => void = () => undefined;
    scene.gate = new Promise((resolve) => (open = resolve));
    const first = token.get();
    scene.clock.advance(50);
    open();
    expect(await first).toBe('token-1');
    scene.clock.advance(50);
    expect(await token.get()).toBe('token-2');
  });

  describe('while the issuer is unavailable', () => {
    it('stays in use until it expires', async () => {
      await token.get();
      scene.failure = UNAVAILABLE;
      for (let second = 1; second < 100; second++) {
        scene.clock.advance(1);
        expect(await token.get()).toBe('token-1');
      }
      scene.clock.advance(1);
      expect(await failureOf(token.get())).toBe(UNAVAILABLE);
    });

    it('is requested again only after a pause, and fails at once until then', async () => {
      scene.failure = UNAVAILABLE;
      scene.chance = 1;
      await failureOf(token.get());
      for (let tenth = 0; tenth < 9; tenth++) {
        scene.clock.advance(0.1);
        expect((await failureOf(token.get())).code).toBe('issuer_unreachable');
      }
      expect(scene.fetches).toBe(1);
      scene.clock.advance(0.11);
      await failureOf(token.get());
      scene.clock.advance(1.9);
      await failureOf(token.get());
      expect(scene.fetches).toBe(2);
    });

    it('is not requested for another audience either', async () => {
      scene.failure = UNAVAILABLE;
      await failureOf(token.get());
      expect(await failureOf(scene.token('another-service').get())).toBe(UNAVAILABLE);
      expect(scene.fetches).toBe(1);
    });

    it('reports failed renewals in the background once', async () => {
      await token.get();
      scene.failure = UNAVAILABLE;
      for (const seconds of [76, 5, 5]) {
        scene.clock.advance(seconds);
        await token.get();
        await settled();
      }
      expect(scene.fetches).toBe(4);
      expect(scene.reports).toEqual(['logging-service: issuer_unreachable']);
    });

    it('is returned again after the next successful response', async () => {
      scene.failure = UNAVAILABLE;
      await failureOf(token.get());
      scene.failure = undefined;
      scene.clock.advance(1);
      expect(await token.get()).toBe('token-2');
    });
  });

  describe('if the issuer rejects the request', () => {
    it('is not requested again before a pause, while other tokens are', async () => {
      scene.failure = REFUSED;
      expect(await failureOf(token.get())).toBe(REFUSED);
      expect(await failureOf(token.get())).toBe(REFUSED);
      expect(scene.fetches).toBe(1);
      scene.failure = undefined;
      expect(await scene.token('another-service').get()).toBe('token-2');
      expect(await failureOf(token.get())).toBe(REFUSED);
    });
  });

  describe('that a service rejected', () => {
    it('is dropped, and another one is fetched', async () => {
      const first = await token.get();
      expect(token.drop(first)).toBe(true);
      expect(await token.get()).toBe('token-2');
    });

    it('is dropped once for all requests that were rejected with it', async () => {
      const first = await token.get();
      token.drop(first);
      await token.get();
      expect(token.drop(first)).toBe(true);
      expect([await token.get(), scene.fetches]).toEqual(['token-2', 2]);
    });

    it('is kept for 30 seconds if the next one was rejected too', async () => {
      const first = await token.get();
      token.refusedAgain();
      expect(token.drop(first)).toBe(false);
      scene.clock.advance(30);
      expect(token.drop(first)).toBe(true);
    });
  });

  it('is never returned after it expires, and never fetched twice at a time', async () => {
    const step = fc.record({
      seconds: fc.double({ min: 0, max: 120, noNaN: true }),
      isUnavailable: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, chance) => {
          scene = new Scene();
          scene.chance = chance;
          token = scene.token();
          const madeAt = new Map<string, number>();
          for (const { seconds, isUnavailable } of steps) {
            scene.clock.advance(seconds);
            scene.failure = isUnavailable ? UNAVAILABLE : undefined;
            const before = scene.fetches;
            const handedOut = await token.get().catch(() => undefined);
            await settled();
            expect(scene.fetches - before).toBeLessThanOrEqual(1);
            if (scene.fetches > before) madeAt.set(`token-${scene.fetches}`, scene.clock.now());
            if (handedOut === undefined) expect(isUnavailable || scene.fetches === before).toBe(true);
            else expect(scene.clock.now()).toBeLessThan((madeAt.get(handedOut) ?? 0) + 100_000);
          }
        },
      ),
    );
  });
});
