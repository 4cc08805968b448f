import { Injectable } from '@nestjs/common';
import { ClientRegistry } from '../clients/client-registry.js';
import { IssuerNames } from '../clients/issuer-names.js';
import { ChangeNotifier, SINGLE_PROCESS } from '../sync/change-notifier.js';
import type { ChangeEvent, RecordDecision } from '../sync/record-store.js';
import { SyncedMap } from '../sync/synced-map.js';
import { IssuerStore } from './issuer-store.js';
import { type TrustedIssuer, trustDomainOf } from './trusted-issuer.js';

/** Called for each entry that was added, changed or removed; then `entry` is `undefined`. */
export type IssuerListener = (
  id: string,
  entry: TrustedIssuer | undefined,
  previous: TrustedIssuer | undefined,
) => void;

/** The trusted issuers, held in memory: checking a token does not query the database. */
@Injectable()
export class IssuerRegistry implements IssuerNames {
  private readonly records: SyncedMap<TrustedIssuer>;
  private readonly issuers = new Map<string, TrustedIssuer>();
  private readonly trustDomains = new Map<string, TrustedIssuer>();
  private readonly indices = [
    [this.issuers, ({ issuer }: TrustedIssuer): string | undefined => issuer],
    [this.trustDomains, trustDomainOf],
  ] as const;
  private readonly listeners: IssuerListener[] = [];

  /**
   * @param clients which name entries: a decision about one of either may depend on all of both
   * @param notifier notifies other workers of a change, and waits for them, but at most a second
   */
  constructor(store: IssuerStore, clients: ClientRegistry, notifier: ChangeNotifier = SINGLE_PROCESS) {
    this.records = new SyncedMap<TrustedIssuer>(
      store,
      (id, entry, previous) => this.follow(id, entry, previous),
      () => notifier.publish(),
    );
    clients.coordinateWith(this.records);
  }

  /** @throws {StoreUnavailable} */
  sync(): Promise<void> {
    return this.records.sync();
  }

  /**
   * Changes an entry, here immediately and on other instances with their next {@link sync}.
   *
   * @param decide receives the entry as it is in the database, and may read all others and the clients; its
   *   error cancels the change, and is rethrown
   * @throws {StoreUnavailable} if the database is unavailable; nothing has changed then, unless only the
   *   response of the database was lost
   */
  change(
    id: string,
    decide: RecordDecision<TrustedIssuer>,
    event?: ChangeEvent,
  ): Promise<TrustedIssuer | undefined> {
    return this.records.change(id, decide, event);
  }

  /** @param listener called for each entry that changes from now on */
  onChange(listener: IssuerListener): void {
    this.listeners.push(listener);
  }

  find(id: string): TrustedIssuer | undefined {
    return this.records.get(id);
  }

  isEntry(id: string): boolean {
    return this.records.get(id) !== undefined;
  }

  isIssuer(issuer: string): boolean {
    return this.issuers.has(issuer);
  }

  /** @param issuer an `iss`, compared byte for byte */
  byIssuer(issuer: string): TrustedIssuer | undefined {
    return this.issuers.get(issuer);
  }

  /** The issuer of the SPIFFE IDs of a trust domain. */
  byTrustDomain(domain: string): TrustedIssuer | undefined {
    return this.trustDomains.get(domain);
  }

  /** Whether a subject begins with `<id>:` of an entry other than this one. */
  isPrefixed(subject: string, entryId: string): boolean {
    const colon = subject.indexOf(':');
    const id = colon < 0 ? '' : subject.slice(0, colon);
    return id !== entryId && this.isEntry(id);
  }

  get size(): number {
    return this.records.all.size;
  }

  get all(): Iterable<TrustedIssuer> {
    return this.records.all.values();
  }

  /**
   * Lists entries in the order of their IDs.
   *
   * @param limit the maximum number of entries
   * @param after the ID that precedes the page; empty for the first page
   * @returns the entries, and the ID to pass as `after` for the next page, if there is one
   */
  page(
    limit: number,
    after = '',
  ): { readonly issuers: readonly TrustedIssuer[]; readonly next: string | undefined } {
    const { values, next } = this.records.page(limit, after);
    return { issuers: values, next };
  }

  private follow(id: string, entry: TrustedIssuer | undefined, previous: TrustedIssuer | undefined): void {
    for (const [index, nameOf] of this.indices) {
      const before = previous && nameOf(previous);
      // Another entry may have taken over the name, and its change may have been applied first.
      if (before !== undefined && index.get(before) === previous) index.delete(before);
      const now = entry && nameOf(entry);
      if (entry && now !== undefined) index.set(now, entry);
    }
    for (const listener of this.listeners) listener(id, entry, previous);
  }
}
