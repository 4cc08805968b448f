import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { PersistedEvents } from './audit/persisted-event.js';
import { PersistedEventLog } from './audit/persisted-event-log.js';
import { CLOCK_SKEW_SECONDS, type Clock } from './clock.js';
import { ClientRegistry } from './clients/client-registry.js';
import { dateTime } from './clients/dto/client-response.dto.js';
import { ClientsModule } from './clients/clients.module.js';
import { expiringSecrets } from './clients/expiring-secrets.js';
import { type ExpiryReport, ExpiryWarnings } from './clients/expiry-warnings.js';
import type { Settings } from './config/settings.js';
import { type Algorithm, ALGORITHMS } from './jwt/algorithms.js';
import { algorithmsInForce } from './keys/key-ring.js';
import { KeysModule } from './keys/keys.module.js';
import { ManagedKeys } from './keys/managed-keys.js';
import { AssertionStore } from './oauth2/assertion-store.js';
import { KNOWN_AUDIENCE, type KnownAudience } from './observability/known-audience.js';
import { auditWriter } from './observability/metered-audit-log.js';
import { OBSERVED_STATE, type ObservedState } from './observability/state-gauges.js';
import { SyncLoop, type Syncable } from './sync/sync-loop.js';
import { SyncModule } from './sync/sync.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { Revocations } from './revocation/revocations.js';
import { DatabaseModule } from './database/database.module.js';
import type { ChangeNotifier } from './sync/change-notifier.js';

const KEYS_BEFORE_CLIENTS = Symbol('KEYS_BEFORE_CLIENTS');
const USED_ASSERTIONS = Symbol('USED_ASSERTIONS');

/** What the state is composed of besides the settings. */
export interface PersistenceOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The other processes on the same port. */
  readonly notifier: ChangeNotifier;
  /** Whether the process stays, and writes to its log what an operator should know of the state. */
  readonly isService: boolean;
}

/** The asymmetric algorithms in force: those whose keys the service makes, and those whose keys the operator gives. */
function asymmetricAlgorithms({ importedKeys, ...settings }: Settings): {
  readonly made: readonly Algorithm[];
  readonly given: readonly Algorithm[];
} {
  const asymmetric = [...algorithmsInForce(settings)].filter((algorithm) => !ALGORITHMS[algorithm].shared);
  const isGiven = (algorithm: Algorithm): boolean => importedKeys.some((key) => key.algorithm === algorithm);
  return {
    made: asymmetric.filter((algorithm) => !isGiven(algorithm)),
    given: asymmetric.filter(isGiven),
  };
}

function expiryReport(log: Logger): ExpiryReport {
  return {
    secret: ({ client, secretId, expiresAt }) =>
      log.warn(
        { client, secret_id: secretId, expires_at: dateTime(expiresAt) },
        'a secret of a client expires soon',
      ),
    more: (count) => log.warn({ count }, 'more secrets of clients expire soon'),
  };
}

/**
 * What outlives the process: the database, and what is held of it in memory. Part of the composition root, shared by the
 * service and the command line.
 */
@Module({})
export class PersistenceModule {
  static forRoot(settings: Settings, { clock, log, notifier, isService }: PersistenceOptions): DynamicModule {
    const publish = (): Promise<void> => notifier.publish();
    const { made, given } = asymmetricAlgorithms(settings);
    return {
      module: PersistenceModule,
      global: true,
      imports: [
        DatabaseModule.forRoot(settings.databaseUrl),
        KeysModule.forRoot({
          encryptionKey: settings.encryptionKey,
          previousEncryptionKeys: settings.previousEncryptionKeys,
          clock,
          policy: { period: settings.rotationPeriod, lifetimeSeconds: settings.lifetimeSeconds },
          algorithms: made,
          previousAlgorithms: given,
          publish,
        }),
        ClientsModule.forRoot({ publish }),
        RevocationModule.forRoot({ clock, publish }),
        SyncModule.forRoot({
          clock,
          failed: (cause) => log.error({ err: cause }, 'the database does not answer'),
          notifier,
          followed: [
            ...[ManagedKeys, ClientRegistry, KEYS_BEFORE_CLIENTS, Revocations, USED_ASSERTIONS],
            ...(isService ? [ExpiryWarnings, PersistedEventLog] : []),
          ],
        }),
      ],
      providers: [
        {
          provide: KEYS_BEFORE_CLIENTS,
          inject: [ClientRegistry, ManagedKeys],
          useFactory: (clients: ClientRegistry, keys: ManagedKeys): Syncable => ({
            sync: () => (clients.everHadClients ? keys.ensureAdministration() : Promise.resolve()),
          }),
        },
        {
          provide: USED_ASSERTIONS,
          inject: [AssertionStore],
          useFactory: (used: AssertionStore): Syncable => ({
            sync: () => used.deleteExpired(Math.floor(clock.now() / 1000) - CLOCK_SKEW_SECONDS),
          }),
        },
        {
          provide: PersistedEventLog,
          inject: [PersistedEvents],
          useFactory: (events: PersistedEvents) => new PersistedEventLog(events, clock, auditWriter(log)),
        },
        {
          provide: ExpiryWarnings,
          inject: [ClientRegistry],
          useFactory: (clients: ClientRegistry) => new ExpiryWarnings(clients, clock, expiryReport(log)),
        },
        {
          provide: OBSERVED_STATE,
          inject: [SyncLoop, ManagedKeys, Revocations, ClientRegistry],
          useFactory: (
            syncLoop: SyncLoop,
            keys: ManagedKeys,
            revocations: Revocations,
            clients: ClientRegistry,
          ): ObservedState => ({
            knowledgeAgeSeconds: () => syncLoop.ageSeconds,
            signingKeyAges: () => keys.signingAges,
            revokedTokens: () => revocations.size,
            clients: () => clients.size,
            nextSecretExpiry: () => {
              const now = clock.now();
              const [next] = expiringSecrets(clients.enabled, now, Infinity);
              return next && (next.expiresAt - now) / 1000;
            },
          }),
        },
        {
          provide: KNOWN_AUDIENCE,
          inject: [ClientRegistry],
          useFactory:
            (clients: ClientRegistry): KnownAudience =>
            (audience) =>
              settings.audienceAlgorithms.has(audience) || clients.namesAudience(audience),
        },
      ],
      exports: [
        OBSERVED_STATE,
        KNOWN_AUDIENCE,
        KEYS_BEFORE_CLIENTS,
        USED_ASSERTIONS,
        ExpiryWarnings,
        PersistedEventLog,
      ],
    };
  }
}
