import { ClientRegistry } from '../../src/clients/client-registry.js';
import { RemoteFailure } from '../../src/http-client/remote-failure.js';
import type { IssuerKeySet } from '../../src/issuers/issuer-key-set.js';
import { IssuerKeySource, type RemoteKeySource } from '../../src/issuers/issuer-key-source.js';
import { IssuerKeys } from '../../src/issuers/issuer-keys.js';
import { IssuerRegistry } from '../../src/issuers/issuer-registry.js';
import { IssuerReport } from '../../src/issuers/issuer-report.js';
import type { TrustedIssuer } from '../../src/issuers/trusted-issuer.js';
import type { PublishedKeySet } from '../../src/key-sets/key-set-source.js';
import { MemoryRecordStore } from './memory-record-store.js';
import { MovedClock } from './moved-clock.js';

/** What a source of keys responds. */
export type FakeKeys = PublishedKeySet | RemoteFailure | Promise<PublishedKeySet | RemoteFailure>;

/** Replaces the network: records what is fetched, and responds as the test says. */
export class FakeKeySource extends IssuerKeySource {
  /** The `iss` of each fetch. */
  readonly fetched: string[] = [];
  readonly signals: AbortSignal[] = [];
  inProgress = 0;
  mostInProgress = 0;

  /** @param answer may be replaced during a test */
  constructor(
    public answer: (issuer: string, keys: RemoteKeySource) => FakeKeys = () => ({
      keys: [],
      ageSeconds: 300,
    }),
  ) {
    super({ issuerNetworks: [], production: true });
  }

  override async fetch(
    issuer: string,
    keys: RemoteKeySource,
    signal: AbortSignal,
  ): Promise<PublishedKeySet | RemoteFailure> {
    this.fetched.push(issuer);
    this.signals.push(signal);
    this.inProgress += 1;
    this.mostInProgress = Math.max(this.mostInProgress, this.inProgress);
    try {
      return await this.answer(issuer, keys);
    } finally {
      this.inProgress -= 1;
    }
  }
}

/** Records what is reported about keys. */
export class RecordedKeyReport extends IssuerReport {
  readonly reports: (readonly [issuer: string, reason: string | undefined])[] = [];

  override outcome(): void {
    throw new Error('No token is checked here');
  }

  override keysUnavailable(issuer: string, reason: string): void {
    this.reports.push([issuer, reason]);
  }

  override keysRestored(issuer: string): void {
    this.reports.push([issuer, undefined]);
  }
}

/** The keys of the entries of a registry, fetched from a fake source. */
export class IssuerKeysScene {
  readonly clock = new MovedClock();
  readonly registry = new IssuerRegistry(
    new MemoryRecordStore<TrustedIssuer>(),
    new ClientRegistry(new MemoryRecordStore()),
  );
  readonly report = new RecordedKeyReport();
  readonly source = new FakeKeySource();
  readonly keys = new IssuerKeys(this.registry, this.source, this.clock, this.report);

  /** Adds or replaces an entry. */
  async put(entry: TrustedIssuer): Promise<TrustedIssuer> {
    await this.registry.change(entry.id, () => entry);
    return entry;
  }

  async remove(id: string): Promise<void> {
    await this.registry.change(id, () => undefined);
  }

  /** The keys that a request for an entry finds if its key is among them. */
  async find(entry: TrustedIssuer): Promise<IssuerKeySet | undefined> {
    return this.keys.find(entry, () => false);
  }
}

/** What a source responds that publishes these keys. */
export function publishes(keys: readonly unknown[], ageSeconds = 300): PublishedKeySet {
  return { keys, ageSeconds };
}

export const KEYS_UNAVAILABLE = new RemoteFailure('https://issuer.example/keys', 'ECONNREFUSED');
