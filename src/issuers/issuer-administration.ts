import { Injectable } from '@nestjs/common';
import { AuditLog, type IssuerChanged } from '../audit/audit-log.js';
import { type Administrator, auditedChange } from '../audit/persisted-event.js';
import { ChangeRefused } from '../clients/change-refused.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import type { RecordDecision } from '../sync/record-store.js';
import { IssuerRegistry } from './issuer-registry.js';
import { type DescribedIssuer, type TrustedIssuer, trustDomainOf } from './trusted-issuer.js';

/**
 * Creates, changes and deletes trusted issuers, and audits each change. Every method throws
 * {@link ChangeRefused} if the change is refused and `StoreUnavailable` if the database is unavailable; nothing
 * has changed then, unless only the response of the database was lost.
 */
@Injectable()
export class IssuerAdministration {
  constructor(
    private readonly issuers: IssuerRegistry,
    private readonly clients: ClientRegistry,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  async create(described: DescribedIssuer, by: Administrator): Promise<TrustedIssuer> {
    const now = this.clock.now();
    const entry = await this.change(
      { event: 'issuer.created', issuer: described.id, by: by.id },
      by,
      (current) => {
        if (current) throw new ChangeRefused('conflict', 'An issuer with this id already exists');
        if (this.issuers.isIssuer(described.issuer)) {
          throw new ChangeRefused('conflict', 'Another entry has this issuer');
        }
        if (this.clients.isClient(described.issuer)) {
          throw new ChangeRefused('conflict', 'The issuer is the client_id of a client');
        }
        this.checkUnique(described);
        return { ...described, keysSetAt: now, createdAt: now, updatedAt: now };
      },
    );
    return existing(entry);
  }

  /**
   * Changes the properties of an entry that administrators describe.
   *
   * @param changeOf called within the transaction, perhaps more than once; may throw {@link ChangeRefused}
   * @returns the entry before and after the change
   */
  async update(
    id: string,
    changeOf: (current: TrustedIssuer) => DescribedIssuer,
    by: Administrator,
  ): Promise<{ readonly previous: TrustedIssuer; readonly entry: TrustedIssuer }> {
    let previous: TrustedIssuer | undefined;
    const entry = await this.change({ event: 'issuer.updated', issuer: id, by: by.id }, by, (current) => {
      previous = existing(current);
      const described = changeOf(previous);
      this.checkUnique(described);
      const now = this.clock.now();
      const isSame = JSON.stringify(described.keys) === JSON.stringify(previous.keys);
      return { ...previous, ...described, keysSetAt: isSame ? previous.keysSetAt : now, updatedAt: now };
    });
    return { previous: existing(previous), entry: existing(entry) };
  }

  async delete(id: string, by: Administrator): Promise<void> {
    await this.change({ event: 'issuer.deleted', issuer: id, by: by.id }, by, (current) => {
      existing(current);
      const [client] = this.clients.namingIssuer(id);
      if (client !== undefined) {
        throw new ChangeRefused(
          'conflict',
          `The client ${client} names this issuer: change the client first`,
        );
      }
      return undefined;
    });
  }

  /** Rules between entries. They and the clients are as in the database while a change is decided. */
  private checkUnique(described: DescribedIssuer): void {
    const others = [...this.issuers.all].filter(({ id }) => id !== described.id);
    if (described.subject === 'as_is' && others.some(({ subject }) => subject === 'as_is')) {
      throw new ChangeRefused('conflict', 'Another entry has subject as_is: one entry at most may have it');
    }
    const domain = trustDomainOf(described);
    if (domain !== undefined && others.some((other) => trustDomainOf(other) === domain)) {
      throw new ChangeRefused('conflict', 'Another entry has this trust_domain');
    }
  }

  /** Changes the entry that the event names, and audits the change. */
  private async change(
    event: IssuerChanged,
    by: Administrator,
    decide: RecordDecision<TrustedIssuer>,
  ): Promise<TrustedIssuer | undefined> {
    const audited = auditedChange(event, by, this.clock.now());
    const entry = await this.issuers.change(event.issuer, decide, audited.keep);
    this.audit.record(by.requestId, audited.event);
    return entry;
  }
}

function existing(entry: TrustedIssuer | undefined): TrustedIssuer {
  if (entry) return entry;
  throw new ChangeRefused('not_found', 'Issuer not found');
}
