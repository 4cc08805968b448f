import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import { FetchedKeys } from './fetched-keys.js';
import { IssuerKeySet } from './issuer-key-set.js';
import { IssuerKeySource } from './issuer-key-source.js';
import { IssuerRegistry } from './issuer-registry.js';
import { IssuerReport } from './issuer-report.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** How current the keys of an entry are. */
export interface IssuerKeyState {
  /** Seconds since the keys were fetched; `undefined` if they never were, or are part of the entry. */
  readonly ageSeconds: number | undefined;
  /** Why the last fetch failed; `undefined` if it did not. Contains no response of the issuer. */
  readonly failure: string | undefined;
}

/** The keys of an entry. */
interface EntryKeys {
  /** The entry's `iss` and its source of keys, to compare with those of the changed entry. */
  readonly source: string;
  readonly keys: IssuerKeySet | FetchedKeys;
}

/**
 * The public keys of the trusted issuers, held in memory. They follow the entries: those of a disabled or
 * deleted entry, and those of a previous source, are discarded.
 */
@Injectable()
export class IssuerKeys implements OnApplicationShutdown {
  private readonly byEntry = new Map<string, EntryKeys>();

  constructor(
    private readonly issuers: IssuerRegistry,
    private readonly source: IssuerKeySource,
    private readonly clock: Clock,
    private readonly report: IssuerReport,
  ) {
    issuers.onChange((id, entry) => this.follow(id, entry));
  }

  /**
   * Looks up the keys of an entry. Never rejects. A request waits only for the first keys and, once in 30
   * seconds for each entry, for a fetch that may bring an unknown key.
   *
   * @param entry an entry of the registry, as it is now
   * @param isMissing whether the set lacks the key that a token needs
   * @returns the keys, at once if the key is among them; otherwise once a fetch has ended that may bring it,
   *   whether it did or not; `undefined` if no keys are known
   */
  find(
    entry: TrustedIssuer,
    isMissing: (keys: IssuerKeySet) => boolean,
  ): MaybePromise<IssuerKeySet | undefined> {
    // Neither the keys of a disabled entry nor those of an outdated one may verify a token.
    if (entry.disabled || this.issuers.find(entry.id) !== entry) return undefined;
    const { keys } = this.byEntry.get(entry.id) ?? this.add(entry);
    return keys instanceof FetchedKeys ? keys.find(isMissing) : keys;
  }

  /** How current the keys of an entry are, for health checks and metrics. */
  stateOf({ id }: Pick<TrustedIssuer, 'id'>): IssuerKeyState {
    const keys = this.byEntry.get(id)?.keys;
    return keys instanceof FetchedKeys
      ? { ageSeconds: keys.ageSeconds, failure: keys.failure }
      : { ageSeconds: undefined, failure: undefined };
  }

  /** The keys whose background fetch has been due for longest; `undefined` if none is due. */
  get due(): FetchedKeys | undefined {
    let [first, dueAt]: [FetchedKeys | undefined, number] = [undefined, this.clock.now()];
    for (const { keys } of this.byEntry.values()) {
      if (!(keys instanceof FetchedKeys) || keys.dueAt === undefined) continue;
      const isFirst = first === undefined ? keys.dueAt <= dueAt : keys.dueAt < dueAt;
      if (isFirst) [first, dueAt] = [keys, keys.dueAt];
    }
    return first;
  }

  onApplicationShutdown(): void {
    for (const id of this.byEntry.keys()) this.remove(id);
  }

  private follow(id: string, entry: TrustedIssuer | undefined): void {
    if (!entry || entry.disabled) {
      this.remove(id);
      return;
    }
    const current = this.byEntry.get(id);
    if (current?.source !== sourceOf(entry)) {
      this.remove(id);
      this.add(entry);
    } else if (current.keys instanceof FetchedKeys) {
      current.keys.expire();
    }
  }

  private remove(id: string): void {
    const keys = this.byEntry.get(id)?.keys;
    if (keys instanceof FetchedKeys) keys.close();
    this.byEntry.delete(id);
  }

  private add(entry: TrustedIssuer): EntryKeys {
    const added = { source: sourceOf(entry), keys: this.read(entry) };
    this.byEntry.set(entry.id, added);
    return added;
  }

  private read(entry: TrustedIssuer): IssuerKeySet | FetchedKeys {
    const { id, keys } = entry;
    switch (keys.kind) {
      case 'jwks':
        return IssuerKeySet.read(keys.jwks.keys, 'sig');
      case 'spiffe_bundle':
        return IssuerKeySet.read(keys.bundle.keys, 'jwt-svid');
      case 'discovery':
      case 'jwks_uri':
      case 'spiffe_bundle_uri':
        return new FetchedKeys({
          fetch: (signal) => this.source.fetch(entry.issuer, keys, signal),
          use: keys.kind === 'spiffe_bundle_uri' ? 'jwt-svid' : 'sig',
          clock: this.clock,
          report: (failure) => {
            if (failure === undefined) this.report.keysRestored(id);
            else this.report.keysUnavailable(id, failure);
          },
        });
    }
  }
}

function sourceOf({ issuer, keys }: TrustedIssuer): string {
  return JSON.stringify([issuer, keys]);
}
