import { Injectable } from '@nestjs/common';
import { AuditLog, type ClientChanged, type SecretChanged } from '../audit/audit-log.js';
import { type Administrator, auditedChange } from '../audit/persisted-event.js';
import { Clock } from '../clock.js';
import { quoted } from '../encoding/quoted.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import type { RecordDecision } from '../sync/record-store.js';
import { canAuthenticate, type Client, type DescribedClient, liveSecrets, mayHaveSecret } from './client.js';
import { ChangeRefused } from './change-refused.js';
import { ClientRegistry } from './client-registry.js';
import { IssuerNames } from './issuer-names.js';
import { sameCredential } from './read-federated-credentials.js';
import { makeSecret, makeTokenMark, MAX_LIVE_SECRETS } from './client-secret.js';

/** A new secret. This is the only time that its text is known. */
export interface NewSecret {
  readonly id: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | null;
}

/**
 * Creates, changes and deletes clients, and audits each change. Every method throws
 * {@link ChangeRefused} if the change is refused and `StoreUnavailable` if the database is unavailable;
 * nothing has changed then, unless only the response of the database was lost.
 */
@Injectable()
export class ClientAdministration {
  constructor(
    private readonly clients: ClientRegistry,
    private readonly issuers: IssuerNames,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly keys: ManagedKeys,
  ) {}

  async create(
    described: DescribedClient,
    by: Administrator,
  ): Promise<{ client: Client; secret: NewSecret | undefined }> {
    // Once a client exists, the service needs the keys that sign tokens for the service itself.
    await this.keys.ensureAdministration();
    const now = this.clock.now();
    const made = mayHaveSecret(described) ? makeSecret(now, null) : undefined;
    const event = { event: 'client.created', client: described.id, by: by.id } as const;
    const client = await this.change(event, by, (current, wasRemoved) => {
      if (current) throw new ChangeRefused('conflict', 'A client with this client_id already exists');
      if (this.issuers.isIssuer(described.id)) {
        throw new ChangeRefused('conflict', 'The client_id is the issuer of a trusted issuer');
      }
      this.checkIssuers(described);
      this.checkUnique(described);
      const created = { ...described, secrets: made ? [made.kept] : [], createdAt: now, updatedAt: now };
      return wasRemoved ? { ...created, tokenMark: makeTokenMark() } : created;
    });
    const secret = made && { id: made.kept.id, text: made.text, expiresAt: null };
    return { client: existing(client), secret };
  }

  /**
   * Changes the properties of a client that administrators describe.
   *
   * @param changeOf called within the transaction, perhaps more than once; may throw
   *   {@link ChangeRefused}
   * @returns the client before and after the change
   */
  async update(
    id: string,
    changeOf: (current: Client) => DescribedClient,
    by: Administrator,
  ): Promise<{ readonly previous: Client; readonly client: Client }> {
    let previous: Client | undefined;
    const event = { event: 'client.updated', client: id, by: by.id } as const;
    const client = await this.change(event, by, (current) => {
      previous = existing(current);
      const described = changeOf(previous);
      this.checkIssuers(described, previous);
      if (described.federatedCredentials !== previous.federatedCredentials) this.checkUnique(described);
      const now = this.clock.now();
      const changed = { ...previous, ...described, updatedAt: now };
      checkCredentials(previous, changed, now);
      return changed;
    });
    return { previous: existing(previous), client: existing(client) };
  }

  async delete(id: string, by: Administrator): Promise<void> {
    await this.change({ event: 'client.deleted', client: id, by: by.id }, by, (current) => {
      existing(current);
      return undefined;
    });
  }

  /** @param expiresAt in milliseconds since 1970; null if the secret does not expire */
  async addSecret(id: string, expiresAt: number | null, by: Administrator): Promise<NewSecret> {
    const now = this.clock.now();
    if (expiresAt !== null && expiresAt <= now) {
      throw new ChangeRefused('invalid_request', 'expires_at must be in the future');
    }
    const { text, kept } = makeSecret(now, expiresAt);
    const event = { event: 'client.secret_added', client: id, secret_id: kept.id, by: by.id } as const;
    await this.change(event, by, (current) => {
      const client = existing(current);
      if (!mayHaveSecret(client)) {
        throw new ChangeRefused('conflict', 'The token_endpoint_auth_methods of the client allow no secret');
      }
      const live = liveSecrets(client, now);
      if (live.length >= MAX_LIVE_SECRETS) {
        throw new ChangeRefused('conflict', `The client has ${MAX_LIVE_SECRETS} secrets: revoke one first`);
      }
      return { ...client, secrets: [...live, kept], updatedAt: now };
    });
    return { id: kept.id, text, expiresAt };
  }

  async revokeSecret(id: string, secretId: string, by: Administrator): Promise<void> {
    const now = this.clock.now();
    const event = { event: 'client.secret_ended', client: id, secret_id: secretId, by: by.id } as const;
    await this.change(event, by, (current) => {
      const client = existing(current);
      if (!client.secrets.some((secret) => secret.id === secretId)) {
        throw new ChangeRefused('not_found', 'Secret not found');
      }
      const rest = client.secrets.filter((secret) => secret.id !== secretId);
      const changed = { ...client, secrets: rest, updatedAt: now };
      checkCredentials(client, changed, now);
      return changed;
    });
  }

  /**
   * The entries that a change names must exist, all of which are as in the database while it is decided. What is
   * stored may name others, and must not keep an administrator from changing something else.
   */
  private checkIssuers({ federatedCredentials, jwtBearer }: DescribedClient, previous?: Client): void {
    const credentials = federatedCredentials === previous?.federatedCredentials ? [] : federatedCredentials;
    const policy = jwtBearer === previous?.jwtBearer ? null : jwtBearer;
    const named = [...credentials.map(({ issuer }) => issuer), ...(policy?.issuers ?? [])];
    const unknown = named.find((id) => !this.issuers.isEntry(id));
    if (unknown === undefined) return;
    throw new ChangeRefused('invalid_request', `There is no trusted issuer ${quoted(unknown)}`);
  }

  /** A token must identify one client; all clients are as in the database while a change is decided. */
  private checkUnique({ id, federatedCredentials }: DescribedClient): void {
    for (const credential of federatedCredentials) {
      const others = this.clients.federatedLike(credential);
      if (others.some((each) => each.clientId !== id && sameCredential(each.credential, credential))) {
        throw new ChangeRefused('conflict', 'Another client has the same federated credential');
      }
    }
  }

  /** Changes the client that the event names, and audits the change. */
  private async change(
    event: ClientChanged | SecretChanged,
    by: Administrator,
    decide: RecordDecision<Client>,
  ): Promise<Client | undefined> {
    const audited = auditedChange(event, by, this.clock.now());
    const client = await this.clients.change(event.client, decide, audited.keep);
    this.audit.record(by.requestId, audited.event);
    return client;
  }
}

/** A change must not remove the last credentials of a client: its program would be locked out. */
function checkCredentials(previous: Client, changed: Client, now: number): void {
  if (canAuthenticate(previous, now) && !canAuthenticate(changed, now)) {
    throw new ChangeRefused('conflict', 'The client could not authenticate: add other credentials first');
  }
}

function existing(client: Client | undefined): Client {
  if (client) return client;
  throw new ChangeRefused('not_found', 'Client not found');
}
