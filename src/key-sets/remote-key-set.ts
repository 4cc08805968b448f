import type { Clock } from '../clock.js';
import { exponentialBackOff } from '../concurrency/exponential-back-off.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKeys } from '../jwt/verify-token.js';
import type { KeySetSource } from './key-set-source.js';
import { PublicKeySet } from './public-key-set.js';

/** What a key set is fetched and kept by. */
export interface RemoteKeySetOptions {
  readonly source: KeySetSource;
  readonly algorithms: readonly Algorithm[];
  /** How long keys serve on after the last fetch that succeeded; seconds. */
  readonly keepSeconds: number;
  readonly clock: Clock;
  /** Receives why the keys could not be fetched: once for each outage, and once if the keys end in it. */
  readonly report: (reason: string) => void;
}

/** Once keys are known, no fetch begins within so many milliseconds of the one before, whatever asks for it. */
const COOLDOWN_MS = 30_000;

/** While there are no keys that serve, the pause after a failed fetch begins with this and doubles up to {@link COOLDOWN_MS}. */
const FIRST_PAUSE_MS = 1_000;

/** The part of the age of a set after which a new one is fetched, while the old one serves on. */
const REFRESH_AFTER = 0.8;

/**
 * The public keys of an issuer, fetched when first needed and kept through its outages, but not for ever: one that was
 * withdrawn meanwhile must end. Looking a key up does no input or output; {@link RemoteKeySet.update} does, at most once
 * at a time.
 */
export class RemoteKeySet implements VerificationKeys {
  private keys: PublicKeySet | undefined;
  private fetching: Promise<void> | undefined;
  private failures = 0;
  /** No fetch begins before this time; this and the others in milliseconds since 1970. */
  private notBefore = -Infinity;
  private refreshAt = -Infinity;
  private staleAt = -Infinity;
  private endAt = -Infinity;
  private endReported = false;

  constructor(private readonly options: RemoteKeySetOptions) {}

  /** Whether keys were fetched, and not too long ago. */
  get isKnown(): boolean {
    return this.keys !== undefined && this.options.clock.now() < this.endAt;
  }

  /** Whether keys of this algorithm are taken from the set at all. */
  accepts(algorithm: Algorithm): boolean {
    return this.options.algorithms.includes(algorithm);
  }

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    const keys = this.isKnown ? this.keys : undefined;
    return (keys ?? PublicKeySet.EMPTY).candidates(algorithm, keyId);
  }

  /**
   * Begins a fetch where one is due and none is under way.
   *
   * @param isMissing whether the key that is looked for is not known
   * @returns what to wait for before looking again: where the key is missing, or where the keys are past their age and
   *   the issuer is not known to be away. `undefined` where it is not worth waiting. Never rejects.
   */
  update(isMissing: boolean): Promise<void> | undefined {
    const now = this.options.clock.now();
    if (!isMissing && now < this.refreshAt) return undefined;
    if (!this.fetching && now >= this.notBefore) this.fetching = this.fetch(now);
    const isPastItsAge = now >= this.staleAt && this.failures === 0;
    return isMissing || isPastItsAge ? this.fetching : undefined;
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
    this.options.report(haveEnded ? `${reason}; those that were known are too old to be used` : reason);
  }
}
