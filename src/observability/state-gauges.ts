import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { redactName } from '../audit/redact-event.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { expiringSecrets } from '../clients/expiring-secrets.js';
import { Clock } from '../clock.js';
import { IssuerKeys } from '../issuers/issuer-keys.js';
import { IssuerRegistry } from '../issuers/issuer-registry.js';
import { ManagedKeys } from '../keys/managed-keys.js';
import { Revocations } from '../revocation/revocations.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { Metrics } from './metrics.js';

/** All workers hold the same state, so their samples must not be added up. */
const SAME_IN_ALL_WORKERS = 'max';

/** The most entries whose keys have a sample each, which bounds the response. */
const MAX_NAMED_ISSUERS = 1_000;

/** Exposes the state of the service as metrics, which are read at each scrape. */
@Injectable()
export class StateGauges {
  constructor(
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    private readonly clients: ClientRegistry,
    keys: ManagedKeys,
    revocations: Revocations,
    syncLoop: SyncLoop,
    issuers: IssuerRegistry,
    private readonly issuerKeys: IssuerKeys,
  ) {
    this.gauge('identity_knowledge_age_seconds', 'Since the last successful query of the database', (gauge) =>
      gauge.set(syncLoop.ageSeconds),
    );
    this.gauge('identity_revoked_tokens', 'Tokens that are revoked and have not expired', (gauge) =>
      gauge.set(revocations.size),
    );
    this.gauge('identity_clients', 'Registered clients', (gauge) => gauge.set(clients.size));
    this.gauge(
      'identity_client_secret_expires_seconds',
      'How soon the next secret of an enabled client expires',
      (gauge) => this.setNextExpiry(gauge),
    );
    this.gauge('identity_trusted_issuers', 'Entries of trusted issuers', (gauge) => gauge.set(issuers.size));
    this.gauge(
      'identity_issuer_keys_age_seconds',
      'Since the keys of an enabled trusted issuer were last fetched; no sample if they are not known',
      (gauge) => this.setKeyAges(gauge, issuers),
      ['issuer'],
    );
    this.gauge(
      'identity_signing_key_age_seconds',
      'How long the signing key has signed',
      (gauge) => {
        gauge.reset();
        for (const [purpose, age] of keys.signingAges) gauge.set({ purpose }, age);
      },
      ['purpose'],
    );
  }

  private setKeyAges(gauge: Gauge, issuers: IssuerRegistry): void {
    gauge.reset();
    for (const entry of [...issuers.all].slice(0, MAX_NAMED_ISSUERS)) {
      const { ageSeconds } = this.issuerKeys.stateOf(entry);
      if (!entry.disabled && ageSeconds !== undefined)
        gauge.set({ issuer: redactName(entry.id) }, ageSeconds);
    }
  }

  private setNextExpiry(gauge: Gauge): void {
    const now = this.clock.now();
    const [next] = expiringSecrets(this.clients.enabled, now, Infinity);
    // If no secret expires there is no sample, because any number would be misleading.
    if (next) gauge.set((next.expiresAt - now) / 1000);
    else gauge.remove();
  }

  private gauge(
    name: string,
    help: string,
    collect: (gauge: Gauge) => void,
    labelNames: readonly string[] = [],
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.metrics.registry],
      aggregator: SAME_IN_ALL_WORKERS,
      collect: () => collect(gauge),
    });
  }
}
