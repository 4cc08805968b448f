import type { Clock } from '../clock.js';
import type { Algorithm } from '../jwt/algorithms.js';
import type { KeyCandidates, VerificationKeys } from '../jwt/judge-token.js';
import type { KeySetSource } from './key-set-source.js';
import { PublicKeySet } from './public-key-set.js';

/** What a key set is fetched and kept by. */
export interface RemoteKeySetOptions {
  readonly source: KeySetSource;
  readonly algorithms: readonly Algorithm[];
  readonly clock: Clock;
  /** Told why the keys could not be fetched, once for each outage. */
  readonly report: (reason: string) => void;
}

/** Once keys are known, no fetch begins within so many milliseconds of the one before, whatever asks for it. */
const COOLDOWN = 30_000;

/** While no keys are known, the pause after a failed fetch begins with this and doubles up to {@link COOLDOWN}. */
const FIRST_PAUSE = 1_000;

/** The part of the age of a set after which a new one is fetched, while the old one serves on. */
const REFRESH_AFTER = 0.8;

/**
 * The public keys of an issuer, fetched when first needed and kept through its outages. Looking a key up does no
 * input or output; {@link RemoteKeySet.update} does, at most once at a time.
 */
export class RemoteKeySet implements VerificationKeys {
  private keys: PublicKeySet | undefined;
  private fetching: Promise<void> | undefined;
  private failures = 0;
  /** No fetch begins before this time; this and the others in milliseconds since 1970. */
  private notBefore = -Infinity;
  private refreshAt = -Infinity;
  private staleAt = -Infinity;

  constructor(private readonly options: RemoteKeySetOptions) {}

  /** Whether keys were ever fetched. */
  get isKnown(): boolean {
    return this.keys !== undefined;
  }

  /** Whether keys of this algorithm are taken from the set at all. */
  accepts(algorithm: Algorithm): boolean {
    return this.options.algorithms.includes(algorithm);
  }

  candidates(algorithm: Algorithm, keyId: string | undefined): KeyCandidates {
    return (this.keys ?? PublicKeySet.EMPTY).candidates(algorithm, keyId);
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
    this.notBefore = begun + COOLDOWN;
    try {
      const { keys, ageSeconds } = await this.options.source();
      this.keys = PublicKeySet.read(keys, this.options.algorithms, this.keys ?? PublicKeySet.EMPTY);
      this.failures = 0;
      this.refreshAt = begun + ageSeconds * 1000 * REFRESH_AFTER;
      this.staleAt = begun + ageSeconds * 1000;
    } catch (cause) {
      this.failed(cause);
    } finally {
      this.fetching = undefined;
    }
  }

  private failed(cause: unknown): void {
    this.failures += 1;
    if (!this.keys) {
      const pause = Math.min(COOLDOWN, FIRST_PAUSE * 2 ** (this.failures - 1));
      this.notBefore = this.options.clock.now() + pause;
    }
    if (this.failures === 1) this.options.report(cause instanceof Error ? cause.message : 'unknown');
  }
}
