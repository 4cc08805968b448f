import type { Clock } from '../clock.js';
import { exponentialBackOff } from '../concurrency/exponential-back-off.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import type { PublishedKeySet } from '../key-sets/key-set-source.js';
import { IssuerKeySet, type KeyUse } from './issuer-key-set.js';

/** How long keys are used after the last fetch that succeeded, in milliseconds. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** While no keys are known, a request starts no fetch for this long after one that failed. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** The pause between background fetches after a failure; it doubles with each up to the longest. */
const BACK_OFF_MS = { first: 5_000, longest: 60_000 } as const;

/** At least this much time passes between two fetches that are made because of unknown keys. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;

/**
 * How much later than planned a background fetch may be. A request waits for the keys if it is later still,
 * for instance because the process was suspended: a key that the issuer has revoked must not be used.
 */
const OVERDUE_MS = 60_000;

/** How the keys of an issuer are fetched. */
export interface FetchedKeysOptions {
  readonly fetch: (signal: AbortSignal) => Promise<PublishedKeySet | RemoteFailure>;
  readonly use: KeyUse;
  readonly clock: Clock;
  /** Called with the reason when an outage begins, and with `undefined` when it has ended. */
  readonly report: (failure: string | undefined) => void;
}

/**
 * The keys of one issuer, as fetched from one source. They are kept through an outage, but not forever: a key
 * that was revoked during the outage must expire. At most one fetch is in progress.
 */
export class FetchedKeys {
  private keys: IssuerKeySet | undefined;
  private fetching: Promise<void> | undefined;
  private abort: AbortController | undefined;
  private isClosed = false;
  private failures = 0;
  private reason: string | undefined;
  /** This and all other times are in milliseconds since 1970. */
  private fetchedAt = -Infinity;
  private failedAt = -Infinity;
  private unknownKeyAt = -Infinity;
  private refreshAt = -Infinity;

  constructor(private readonly options: FetchedKeysOptions) {}

  /** Why the last fetch failed; `undefined` if it did not. */
  get failure(): string | undefined {
    return this.reason;
  }

  /** Seconds since the last fetch that succeeded; `undefined` if none did. */
  get ageSeconds(): number | undefined {
    return this.keys && Math.max(0, (this.options.clock.now() - this.fetchedAt) / 1000);
  }

  /** When the next background fetch is due; `undefined` while a fetch is in progress. */
  get dueAt(): number | undefined {
    return this.fetching ? undefined : this.refreshAt;
  }

  /**
   * Looks up the keys. Never rejects.
   *
   * @returns what `IssuerKeys.find` returns
   */
  find(isMissing: (keys: IssuerKeySet) => boolean): MaybePromise<IssuerKeySet | undefined> {
    if (this.suffices(isMissing)) return this.known;
    // A fetch that began before this request may not bring a key that was published since.
    return this.fetching ? this.fetching.then(() => this.findLater(isMissing)) : this.findLater(isMissing);
  }

  /** Fetches the keys; joins a fetch that is in progress. Never rejects. */
  refresh(): Promise<void> {
    this.fetching ??= this.fetch().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  /** Makes the next background fetch due, unless one has just failed. */
  expire(): void {
    const soonest = Math.max(this.options.clock.now(), this.failedAt + PAUSE_AFTER_FAILURE_MS);
    this.refreshAt = Math.min(this.refreshAt, soonest);
  }

  /** Discards the keys, even those that a fetch in progress brings; nothing is fetched from now on. */
  close(): void {
    this.isClosed = true;
    this.keys = undefined;
    this.abort?.abort();
  }

  private get known(): IssuerKeySet | undefined {
    return this.options.clock.now() < this.fetchedAt + KEEP_MS ? this.keys : undefined;
  }

  private suffices(isMissing: (keys: IssuerKeySet) => boolean): boolean {
    const { known } = this;
    return known !== undefined && !this.isOverdue && !isMissing(known);
  }

  private get isOverdue(): boolean {
    return this.failures === 0 && this.options.clock.now() >= this.refreshAt + OVERDUE_MS;
  }

  private findLater(isMissing: (keys: IssuerKeySet) => boolean): MaybePromise<IssuerKeySet | undefined> {
    if (this.suffices(isMissing)) return this.known;
    const fetching = this.fetching ?? (this.claimFetch() ? this.refresh() : undefined);
    return fetching ? fetching.then(() => this.known) : this.known;
  }

  /** Whether a request that the keys do not suffice for may start a fetch now. */
  private claimFetch(): boolean {
    const now = this.options.clock.now();
    if (this.isClosed) return false;
    if (this.known === undefined) return now >= this.failedAt + PAUSE_AFTER_FAILURE_MS;
    if (this.isOverdue) return true;
    if (now < this.unknownKeyAt + UNKNOWN_KEY_PAUSE_MS) return false;
    this.unknownKeyAt = now;
    return true;
  }

  private async fetch(): Promise<void> {
    const begun = this.options.clock.now();
    this.abort = new AbortController();
    const fetched = await this.options.fetch(this.abort.signal);
    if (this.isClosed) return;
    if (fetched instanceof RemoteFailure) this.failed(fetched);
    else this.succeeded(fetched, begun);
  }

  private succeeded({ keys, ageSeconds }: PublishedKeySet, begun: number): void {
    const hadFailed = this.failures > 0;
    this.keys = IssuerKeySet.read(keys, this.options.use, this.keys);
    this.fetchedAt = begun;
    this.refreshAt = begun + ageSeconds * 1000;
    this.failures = 0;
    this.reason = undefined;
    if (hadFailed) this.options.report(undefined);
  }

  private failed({ message }: RemoteFailure): void {
    this.failures += 1;
    this.reason = message;
    this.failedAt = this.options.clock.now();
    this.refreshAt = this.failedAt + exponentialBackOff(this.failures, BACK_OFF_MS);
    if (this.failures === 1) this.options.report(message);
  }
}
