import { Injectable } from '@nestjs/common';
import { ChangeNotifier, SINGLE_PROCESS } from '../sync/change-notifier.js';
import type { ChangeEvent, RecordDecision } from '../sync/record-store.js';
import { SyncedMap } from '../sync/synced-map.js';
import type { Client } from './client.js';
import { ClientStore } from './client-store.js';
import type { FederatedCredential } from './federated-credential.js';
import { FederatedIndex } from './federated-index.js';

/** The clients, held in memory: issuing and verifying tokens does not query the database. */
@Injectable()
export class ClientRegistry {
  private readonly records: SyncedMap<Client>;
  /** How many clients name each audience. */
  private readonly audiences = new Map<string, number>();
  private readonly federated = new FederatedIndex();

  /** @param notifier notifies other workers of a change, and waits for them, but at most a second */
  constructor(store: ClientStore, notifier: ChangeNotifier = SINGLE_PROCESS) {
    const applied = (_id: string, client?: Client, previous?: Client): void => this.follow(client, previous);
    this.records = new SyncedMap(store, applied, () => notifier.publish());
  }

  /** Lets decisions about clients depend on other records, and decisions about those on clients. */
  coordinateWith<U>(records: SyncedMap<U>): void {
    this.records.coordinateWith(records);
  }

  /** @throws {StoreUnavailable} */
  sync(): Promise<void> {
    return this.records.sync();
  }

  /**
   * Changes a client, here immediately and on other instances with their next {@link sync}.
   *
   * @param decide receives the client as it is in the database, and may read all others here; its error cancels
   *   the change, and is rethrown
   * @throws {StoreUnavailable} if the database is unavailable; nothing has changed then, unless only the
   *   response of the database was lost
   */
  change(id: string, decide: RecordDecision<Client>, event?: ChangeEvent): Promise<Client | undefined> {
    return this.records.change(id, decide, event);
  }

  find(id: string): Client | undefined {
    return this.records.get(id);
  }

  isClient(id: string): boolean {
    return this.records.get(id) !== undefined;
  }

  get size(): number {
    return this.records.all.size;
  }

  /** The clients that are not disabled. */
  get enabled(): readonly Client[] {
    return [...this.records.all.values()].filter(({ disabled }) => !disabled);
  }

  /**
   * Whether any client exists or ever existed: from then on, the tokens of deleted clients are no longer
   * valid.
   */
  get hasEverHadClients(): boolean {
    return this.records.everHeldRecords;
  }

  /**
   * Whether some client may request tokens for this audience, so that it is not a name that a caller made up.
   */
  namesAudience(audience: string): boolean {
    return this.audiences.has(audience);
  }

  /**
   * Finds the clients that a token of a trusted issuer matches, disabled ones too: disabling a client must not
   * let its workload in as another.
   *
   * @param issuerId the ID of the issuer's entry
   * @param subject the `sub` of the token
   */
  matchFederated(issuerId: string, subject: string, claims: object): readonly Client[] {
    return [...this.federated.match(issuerId, subject, claims)]
      .map((id) => this.find(id))
      .filter((client) => client !== undefined);
  }

  /** The credentials of all clients with the same issuer and subject pattern. */
  federatedLike(
    credential: FederatedCredential,
  ): readonly { readonly clientId: string; readonly credential: FederatedCredential }[] {
    return this.federated.named(credential);
  }

  /** The IDs of the clients that name the entry of a trusted issuer. */
  namingIssuer(issuerId: string): readonly string[] {
    return [...this.records.all.values()]
      .filter(
        ({ federatedCredentials, jwtBearer }) =>
          federatedCredentials.some(({ issuer }) => issuer === issuerId) ||
          jwtBearer?.issuers.includes(issuerId),
      )
      .map(({ id }) => id);
  }

  /**
   * Lists clients in the order of their IDs.
   *
   * @param limit the maximum number of clients
   * @param after the ID that precedes the page; empty for the first page
   * @returns the clients, and the ID to pass as `after` for the next page, if there is one
   */
  page(
    limit: number,
    after = '',
  ): { readonly clients: readonly Client[]; readonly next: string | undefined } {
    const { values, next } = this.records.page(limit, after);
    return { clients: values, next };
  }

  private follow(client: Client | undefined, previous: Client | undefined): void {
    if (previous) this.federated.remove(previous);
    if (client) this.federated.add(client);
    for (const name of previous?.audiences ?? []) {
      const count = this.audiences.get(name) ?? 0;
      if (count > 1) this.audiences.set(name, count - 1);
      else this.audiences.delete(name);
    }
    for (const name of client?.audiences ?? []) this.audiences.set(name, (this.audiences.get(name) ?? 0) + 1);
  }
}
