import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Claims } from '../../../src/jwt/claims.js';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { MemoryRevocationStore } from '../../support/memory-revocation-store.js';
import type { RecordedRevocation, Revocation } from '../../../src/revocation/revocation-store.js';
import { Revocations } from '../../../src/revocation/revocations.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

/** A store whose database can be slow or unavailable, and that records how it is used. */
class WatchedStore extends MemoryRevocationStore {
  readonly added: (readonly Revocation[])[] = [];
  readonly asked: number[] = [];
  isUnavailable = false;
  private gate: Promise<void> = Promise.resolve();

  /** Delays every write until the returned function is called. */
  block(): () => void {
    let open = (): void => {};
    this.gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  override async add(revocations: readonly Revocation[]): Promise<void> {
    this.added.push(revocations);
    await this.gate;
    if (this.isUnavailable) throw new StoreUnavailable(new Error('unavailable'));
    await super.add(revocations);
  }

  override since(revision: number, limit: number): Promise<readonly RecordedRevocation[]> {
    this.asked.push(revision);
    return this.isUnavailable
      ? Promise.reject(new StoreUnavailable(new Error('unavailable')))
      : super.since(revision, limit);
  }
}

/** The largest tolerance that can be configured, in seconds: how long a revocation outlives its token. */
const TOLERANCE = 60;
const claims = (jti: string | undefined, exp = NEW_YEAR + 900): Claims => ({
  exp,
  client_id: 'worker',
  ...(jti !== undefined && { jti }),
});

let store: WatchedStore;
let clock: MovedClock;
let revocations: Revocations;
const another = (): Revocations => new Revocations(store, clock);
beforeEach(() => {
  store = new WatchedStore();
  clock = new MovedClock();
  revocations = another();
});

describe('revoke', () => {
  it('revokes only the token with this jti and client', async () => {
    expect(revocations.isRevoked(claims('a'))).toBe(false);
    await revocations.revoke(claims('a'));
    expect(['a', 'b', undefined].map((jti) => revocations.isRevoked(claims(jti)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(revocations.isRevoked({ ...claims('a'), client_id: 'other' })).toBe(false);
  });

  it('takes effect before it resolves, but not before it is written', async () => {
    const write = store.block();
    const revoked = revocations.revoke(claims('a'));
    expect(revocations.isRevoked(claims('a'))).toBe(false);
    let isSeen: boolean | undefined;
    void revoked.then(() => (isSeen = revocations.isRevoked(claims('a'))));
    write();
    await revoked;
    expect(isSeen).toBe(true);
  });

  it.each([
    ['at a whole second', NEW_YEAR + 900, NEW_YEAR + 900 + TOLERANCE],
    ['within a second', NEW_YEAR + 900.001, NEW_YEAR + 901 + TOLERANCE],
  ])('is kept until exp, rounded up, plus the largest tolerance: exp %s', async (_name, exp, expiresAt) => {
    await revocations.revoke(claims('a', exp));
    expect(store.added).toEqual([[{ key: expect.any(String), expiresAt }]]);
  });

  it('throws RangeError for a token without jti', async () => {
    await expect(revocations.revoke(claims(undefined))).rejects.toThrow(RangeError);
    expect(store.added).toEqual([]);
  });

  it('covers a token to its end only if the token expires no later than the revoked one', async () => {
    await revocations.revoke(claims('a', NEW_YEAR + 60));
    const known = [59, 60, 60.5, 61].map((exp) =>
      revocations.isRevokedUntilExpiry(claims('a', NEW_YEAR + exp)),
    );
    expect(known).toEqual([true, true, false, false]);
    expect(revocations.isRevokedUntilExpiry(claims('b'))).toBe(false);
    expect(revocations.isRevokedUntilExpiry(claims(undefined))).toBe(false);
  });

  it('returns whether it changed anything', async () => {
    expect(await revocations.revoke(claims('a', NEW_YEAR + 60))).toBe(true);
    expect(await revocations.revoke(claims('a', NEW_YEAR + 60))).toBe(false);
    expect(await revocations.revoke(claims('a', NEW_YEAR + 61))).toBe(true);
    expect(await revocations.revoke(claims('a', NEW_YEAR + 60))).toBe(false);
    expect(store.added).toHaveLength(2);
  });

  it('stores a repeated revocation once', async () => {
    await Promise.all([revocations.revoke(claims('a')), revocations.revoke(claims('a'))]);
    await revocations.revoke(claims('a'));
    expect(revocations.size).toBe(1);
    expect(await store.since(0, 10)).toHaveLength(1);
  });
});

describe('many revocations', () => {
  const revokeAll = (names: readonly string[]): Promise<unknown> =>
    Promise.all(names.map((jti) => revocations.revoke(claims(jti))));
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `token-${i}`);

  it('that arrive while one is written are written together', async () => {
    const write = store.block();
    const all = revokeAll(names(1_000));
    write();
    await all;
    expect(store.added.map(({ length }) => length)).toEqual([1, 999]);
    expect(revocations.size).toBe(1_000);
  });

  it('are written 5,000 at a time', async () => {
    const write = store.block();
    const all = revokeAll(names(12_001));
    write();
    await all;
    expect(store.added.map(({ length }) => length)).toEqual([1, 5_000, 5_000, 2_000]);
    expect(revocations.size).toBe(12_001);
  });

  it('are written one at a time if each begins after the previous one has ended', async () => {
    for (const name of names(3)) await revocations.revoke(claims(name));
    expect(store.added.map(({ length }) => length)).toEqual([1, 1, 1]);
  });
});

describe('if the database is unavailable', () => {
  it('revoke rejects with StoreUnavailable, and the token is not revoked', async () => {
    store.isUnavailable = true;
    await expect(revocations.revoke(claims('a'))).rejects.toBeInstanceOf(StoreUnavailable);
    expect(revocations.isRevoked(claims('a'))).toBe(false);
    expect(revocations.size).toBe(0);
  });

  it('all revocations of the same write reject, and later ones are written', async () => {
    store.isUnavailable = true;
    const write = store.block();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((jti) => revocations.revoke(claims(jti))));
    write();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    store.isUnavailable = false;
    await revocations.revoke(claims('b'));
    expect(['a', 'b', 'c'].map((jti) => revocations.isRevoked(claims(jti)))).toEqual([false, true, false]);
  });

  it('sync rejects and keeps the known revocations, and loads the missing ones afterwards', async () => {
    await revocations.revoke(claims('a'));
    store.isUnavailable = true;
    await expect(revocations.sync()).rejects.toBeInstanceOf(StoreUnavailable);
    expect(revocations.isRevoked(claims('a'))).toBe(true);
    store.isUnavailable = false;
    await another().revoke(claims('b'));
    await revocations.sync();
    expect(['a', 'b'].map((jti) => revocations.isRevoked(claims(jti)))).toEqual([true, true]);
  });
});

describe('sync', () => {
  it('loads the revocations of other instances, even those before the start', async () => {
    const elsewhere = another();
    await elsewhere.revoke(claims('before'));
    await revocations.sync();
    await elsewhere.revoke(claims('after'));
    expect(['before', 'after'].map((jti) => revocations.isRevoked(claims(jti)))).toEqual([true, false]);
    await revocations.sync();
    expect(revocations.isRevoked(claims('after'))).toBe(true);
  });

  it('queries from the last revision that it loaded, not from those that it wrote itself', async () => {
    const elsewhere = another();
    await elsewhere.revoke(claims('1'));
    await revocations.sync();
    await elsewhere.revoke(claims('2'));
    await revocations.revoke(claims('3'));
    await revocations.sync();
    expect(store.asked).toEqual([0, 1]);
    expect(['1', '2', '3'].map((jti) => revocations.isRevoked(claims(jti)))).toEqual([true, true, true]);
  });

  it('queries 5,000 revocations at a time until there are no more', async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => ({ key: `key-${i}`, expiresAt: NEW_YEAR + 900 }));
    await store.add(many);
    await revocations.sync();
    expect(revocations.size).toBe(12_000);
    expect(store.asked).toEqual([0, 5_000, 10_000]);
  });
});

describe('the expiry of a revocation', () => {
  it('removes it from memory and from the database within a minute, and not earlier', async () => {
    const expiresAt = NEW_YEAR + 900 + TOLERANCE;
    await revocations.revoke(claims('a'));
    clock.set(expiresAt - 0.001);
    await revocations.sync();
    expect(revocations.isRevoked(claims('a'))).toBe(true);
    expect(await store.since(0, 10)).toHaveLength(1);
    clock.set(expiresAt + 60);
    await revocations.sync();
    expect(revocations.size).toBe(0);
    expect(await store.since(0, 10)).toEqual([]);
  });

  it('keeps it in the database for a minute, as the clock of another instance may be behind', async () => {
    await revocations.revoke(claims('a'));
    clock.set(NEW_YEAR + 900 + TOLERANCE + 59.999);
    await revocations.sync();
    expect(await store.since(0, 10)).toHaveLength(1);
  });

  it('follows the later of two tokens with the same jti, revoked in either order', async () => {
    const [short, long] = [claims('a', NEW_YEAR + 60), claims('a', NEW_YEAR + 900)];
    for (const [first, second] of [
      [short, long],
      [long, short],
    ] as const) {
      clock.set(NEW_YEAR);
      store = new WatchedStore();
      revocations = another();
      const elsewhere = another();
      await revocations.revoke(first);
      await elsewhere.sync();
      await revocations.revoke(second);
      clock.advance(300);
      for (const instance of [revocations, elsewhere, another()]) {
        await instance.sync();
        expect(instance.isRevoked(long)).toBe(true);
      }
      clock.advance(700);
      await revocations.sync();
      expect(revocations.size).toBe(0);
    }
  });

  it('frees its memory, one minute after another', async () => {
    for (let minute = 1; minute <= 10; minute++)
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          revocations.revoke(claims(`${minute}-${i}`, NEW_YEAR + 60 * minute - TOLERANCE)),
        ),
      );
    const sizes: number[] = [];
    for (let minute = 1; minute <= 10; minute++) {
      clock.set(NEW_YEAR + 60 * minute);
      await revocations.sync();
      sizes.push(revocations.size);
    }
    expect(sizes).toEqual([450, 400, 350, 300, 250, 200, 150, 100, 50, 0]);
  });

  it('keeps it from being loaded by an instance that starts later', async () => {
    await revocations.revoke(claims('a', NEW_YEAR + 1));
    await revocations.revoke(claims('b'));
    clock.advance(120);
    const later = another();
    await later.sync();
    expect(later.size).toBe(1);
    expect(later.isRevoked(claims('b'))).toBe(true);
  });
});
