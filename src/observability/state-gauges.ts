import { Inject, Injectable, Optional } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from './metrics.js';

/** What is measured when the metrics are read. */
export interface ObservedState {
  /** How old what is known of the database is; seconds. */
  readonly knowledgeAgeSeconds: () => number;
  /** For how long each key that signs has signed, in seconds, by what it is for. */
  readonly signingKeyAges: () => ReadonlyMap<string, number>;
  /** How many tokens are revoked now. */
  readonly revokedTokens: () => number;
  readonly clients: () => number;
  /** How soon the next secret of an enabled client expires, in seconds; `undefined` if none does. */
  readonly nextSecretExpiry: () => number | undefined;
}

/** Injection token of {@link ObservedState}. */
export const OBSERVED_STATE = Symbol('OBSERVED_STATE');

/** Shows the state of the service as metrics. */
@Injectable()
export class StateGauges {
  constructor(
    @Inject(Metrics) { registry }: Metrics,
    @Optional() @Inject(OBSERVED_STATE) state: ObservedState | undefined,
  ) {
    if (!state) return;
    const registers = [registry];
    // All workers know the same: they are not to be added up.
    const aggregator = 'max' as const;
    const gauge = (name: string, help: string, read: () => number): void => {
      const made: Gauge = new Gauge({ name, help, registers, aggregator, collect: () => made.set(read()) });
    };
    gauge('identity_knowledge_age_seconds', 'Since the database was last asked with success', () =>
      state.knowledgeAgeSeconds(),
    );
    gauge('identity_revoked_tokens', 'Tokens that are revoked and have not expired', () =>
      state.revokedTokens(),
    );
    gauge('identity_clients', 'Registered clients', () => state.clients());
    const expiry: Gauge = new Gauge({
      name: 'identity_client_secret_expires_seconds',
      help: 'How soon the next secret of an enabled client expires',
      registers,
      aggregator,
      collect: () => {
        const seconds = state.nextSecretExpiry();
        // Without a secret that expires there is no sample: any number would mean something.
        if (seconds === undefined) expiry.remove();
        else expiry.set(seconds);
      },
    });
    const ages: Gauge = new Gauge({
      name: 'identity_signing_key_age_seconds',
      help: 'For how long the key that signs has signed',
      labelNames: ['purpose'],
      registers,
      aggregator,
      collect: () => {
        ages.reset();
        for (const [purpose, age] of state.signingKeyAges()) ages.set({ purpose }, age);
      },
    });
  }
}
