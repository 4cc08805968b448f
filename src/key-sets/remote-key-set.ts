import type { Clock } from '../clock.js';
import { exponentialBackOff } from '../concurrency/exponential-back-off.js';
import { limitedWait } from '../concurrency/limited-wait.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKeys } from '../jwt/verify-token.js';
import type { KeySetSource } from './key-set-source.js';
import { PublicKeySet } from './public-key-set.js';

/** How a key set is fetched and kept. */
export interface RemoteKeySetOptions {
  readonly source: KeySetSource;
  readonly algorithms: readonly Algorithm[];
  /** How long keys stay in use after the last successful fetch, in seconds. */
  readonly keepSeconds: number;
  readonly clock: Clock;
  /**
   * Receives why the keys could not be fetched: once for each outage, and once more if the keys expire during
   * it.
   */
  readonly report: (reason: string) => void;
}

/**
 * Once keys are known, at least this many milliseconds pass between two fetches, unless the keys are kept for
 * less.
 */
const COOLDOWN_MS = 30_000;

/**
 * While no usable keys are known, the first pause after a failed fetch; it doubles up to {@link COOLDOWN_MS}.
 */
const FIRST_PAUSE_MS = 1_000;

/**
 * How long callers wait for a fetch, in milliseconds from its start: an issuer that responds at all does so
 * in a fraction of that, and one that hangs would otherwise hold every request for the whole time limit of
 * the fetch, which continues.
 */
export const MAX_WAIT_MS = 2_000;

/** The fraction of its age after which a set is fetched again, while the old one stays in use. */
const REFRESH_AFTER = 0.8;

/**
 * The public keys of an issuer, fetched when first needed and kept through its outages, but not forever: a
 * key that was revoked during an outage must expire. Looking up a key does no input or output.
 * {@link RemoteKeySet.update} fetches, at most once at a time.
 */
export class RemoteKeySet implements VerificationKeys {
  private keys: PublicKeySet | undefined;
  private fetching: Promise<void> | undefined;
  /** The fetch in progress, while callers wait for it. */
  private awaited: Promise<void> | undefined;
  private failures = 0;
  /** No fetch starts before this time. This and the next three are in milliseconds since 1970. */
  private notBefore = -Infinity;
  private refreshAt = -Infinity;
  private staleAt = -Infinity;
  private endAt = -Infinity;
  private endReported = false;

  constructor(private readonly options: RemoteKeySetOptions) {}

  /** Whether keys were fetched, and recently enough. */
  get isKnown(): boolean {
    return this.keys !== undefined && this.options.clock.now() < this.endAt;
  }

  /** Whether a fetch is in progress, which may bring a key that is missing. */
  get isFetching(): boolean {
    return this.fetching !== undefined;
  }

  /** When the next fetch may have ended or start, in whole seconds from now, at least 1. */
  get retryAfterSeconds(): number {
    if (this.isFetching) return 1;
    return Math.max(1, Math.ceil((this.notBefore - this.options.clock.now()) / 1000));
  }

  /** Whether keys of this algorithm are accepted from the set at all. */
  accepts(algorithm: Algorithm): boolean {
    return this.options.algorithms.includes(algorithm);
  }

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const keys = this.isKnown ? this.keys : undefined;
    return (keys ?? PublicKeySet.EMPTY).candidates(algorithm, keyId);
  }

  /**
   * Starts a fetch if one is due and none is in progress.
   *
   * @param isMissing whether the key that a token needs is unknown
   * @returns what to await before the next lookup, if the key is missing, or the keys are stale and the last
   *   fetch did not fail: the end of the fetch in progress, or of the longest wait for it; otherwise, or without
   *   such a fetch, or if it takes longer, `undefined`. Never rejects.
   */
  update(isMissing: boolean): Promise<void> | undefined {
    const now = this.options.clock.now();
    if (!isMissing && now < this.refreshAt) return undefined;
    if (!this.fetching && now >= this.notBefore) this.start(now);
    const isPastItsAge = now >= this.staleAt && this.failures === 0;
    return isMissing || isPastItsAge ? this.awaited : undefined;
  }

  private start(now: number): void {
    const fetching = this.fetch(now);
    const awaited = limitedWait(fetching, MAX_WAIT_MS, undefined).then(() => {
      if (this.awaited === awaited) this.awaited = undefined;
    });
    this.fetching = fetching;
    this.awaited = awaited;
  }

  private async fetch(begun: number): Promise<void> {
    this.notBefore = begun + COOLDOWN_MS;
    try {
      const { keys, ageSeconds } = await this.options.source();
      this.keys = PublicKeySet.read(keys, this.options.algorithms, this.keys ?? PublicKeySet.EMPTY);
      this.failures = 0;
      this.endReported = false;
      const freshFor = Math.min(ageSeconds, this.options.keepSeconds) * 1000;
      this.refreshAt = begun + freshFor * REFRESH_AFTER;
      this.staleAt = begun + freshFor;
      this.endAt = begun + this.options.keepSeconds * 1000;
      // Keys that are kept for less than the cooldown could not be renewed in time.
      this.notBefore = Math.min(this.notBefore, this.refreshAt);
    } catch (cause) {
      this.failed(cause);
    } finally {
      this.fetching = undefined;
    }
  }

  private failed(cause: unknown): void {
    this.failures += 1;
    const { isKnown } = this;
    if (!isKnown) {
      const pause = exponentialBackOff(this.failures, { first: FIRST_PAUSE_MS, longest: COOLDOWN_MS });
      this.notBefore = this.options.clock.now() + pause;
    }
    const haveEnded = this.keys !== undefined && !isKnown && !this.endReported;
    if (haveEnded) this.endReported = true;
    if (this.failures > 1 && !haveEnded) return;
    const reason = cause instanceof Error ? cause.message : 'unknown';
    this.options.report(haveEnded ? `${reason}; the known keys are too old to be used` : reason);
  }
}
