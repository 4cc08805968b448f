import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { KeptEvents } from './audit/persisted-event.js';
import { KeptEventLog } from './audit/persisted-event-log.js';
import { CLOCK_SKEW_SECONDS, type Clock } from './clock.js';
import { ClientRegistry } from './clients/client-registry.js';
import { clientStanding } from './clients/client-revocation.js';
import { dateTime } from './clients/dto/client-response.dto.js';
import { ClientsModule } from './clients/clients.module.js';
import { expiringSecrets } from './clients/expiring-secrets.js';
import { type ExpiryReport, ExpiryWarnings } from './clients/expiry-warnings.js';
import type { Settings } from './config/settings.js';
import { type Algorithm, ALGORITHMS } from './jwt/algorithms.js';
import { algorithmsInForce } from './keys/key-ring.js';
import { KeysModule } from './keys/keys.module.js';
import { StoredKeys } from './keys/managed-keys.js';
import { AssertionStore } from './oauth2/assertion-store.js';
import { KNOWN_AUDIENCE, type KnownAudience } from './observability/known-audience.js';
import { auditWriter } from './observability/metered-audit-log.js';
import { OBSERVED_STATE, type ObservedState } from './observability/state-gauges.js';
import { Follower, type Following } from './sync/sync-loop.js';
import { ReplicaModule } from './sync/sync.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { Revocations } from './revocation/revocations.js';
import { StorageModule } from './database/database.module.js';
import type { Siblings } from './sync/change-notifier.js';
import { WITHDRAWN, type Withdrawn } from './token/token-options.js';

const KEYS_BEFORE_CLIENTS = Symbol('KEYS_BEFORE_CLIENTS');
const USED_ASSERTIONS = Symbol('USED_ASSERTIONS');

/** What the state is composed of besides the settings. */
export interface StateSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
  /** The other processes on the same port. */
  readonly siblings: Siblings;
  /** Whether the process stays, and writes to its log what an operator should know of the state. */
  readonly isService: boolean;
}

/** The asymmetric algorithms in force: those whose keys the service makes, and those whose keys the operator gives. */
function asymmetricAlgorithms({ givenKeys, ...settings }: Settings): {
  readonly made: readonly Algorithm[];
  readonly given: readonly Algorithm[];
} {
  const asymmetric = [...algorithmsInForce(settings)].filter((algorithm) => !ALGORITHMS[algorithm].shared);
  const isGiven = (algorithm: Algorithm): boolean => givenKeys.some((key) => key.algorithm === algorithm);
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
export class StateModule {
  static forRoot(settings: Settings, { clock, log, siblings, isService }: StateSurroundings): DynamicModule {
    const told = (): Promise<void> => siblings.tell();
    const { made, given } = asymmetricAlgorithms(settings);
    return {
      module: StateModule,
      global: true,
      imports: [
        StorageModule.forRoot(settings.databaseUrl),
        KeysModule.forRoot({
          encryptionKey: settings.encryptionKey,
          previousEncryptionKeys: settings.previousEncryptionKeys,
          clock,
          policy: { period: settings.rotationPeriod, lifetimeSeconds: settings.lifetimeSeconds },
          algorithms: made,
          formerAlgorithms: given,
          told,
        }),
        ClientsModule.forRoot({ told }),
        RevocationModule.forRoot({ clock, told }),
        ReplicaModule.forRoot({
          clock,
          failed: (cause) => log.error({ err: cause }, 'the database does not answer'),
          siblings,
          followed: [
            ...[StoredKeys, ClientRegistry, KEYS_BEFORE_CLIENTS, Revocations, USED_ASSERTIONS],
            ...(isService ? [ExpiryWarnings, KeptEventLog] : []),
          ],
        }),
      ],
      providers: [
        {
          provide: KEYS_BEFORE_CLIENTS,
          inject: [ClientRegistry, StoredKeys],
          useFactory: (clients: ClientRegistry, keys: StoredKeys): Following => ({
            sync: () => (clients.everHadClients ? keys.ensureAdministration() : Promise.resolve()),
          }),
        },
        {
          provide: USED_ASSERTIONS,
          inject: [AssertionStore],
          useFactory: (used: AssertionStore): Following => ({
            sync: () => used.forgetExpired(Math.floor(clock.now() / 1000) - CLOCK_SKEW_SECONDS),
          }),
        },
        {
          provide: KeptEventLog,
          inject: [KeptEvents],
          useFactory: (events: KeptEvents) => new KeptEventLog(events, clock, auditWriter(log)),
        },
        {
          provide: ExpiryWarnings,
          inject: [ClientRegistry],
          useFactory: (clients: ClientRegistry) => new ExpiryWarnings(clients, clock, expiryReport(log)),
        },
        {
          provide: WITHDRAWN,
          inject: [ClientRegistry, Revocations],
          useFactory:
            (clients: ClientRegistry, revocations: Revocations): Withdrawn =>
            (claims) =>
              revocations.isRevoked(claims)
                ? 'The token was taken back; ask for a new one.'
                : clientStanding(clients, claims),
        },
        {
          provide: OBSERVED_STATE,
          inject: [Follower, StoredKeys, Revocations, ClientRegistry],
          useFactory: (
            follower: Follower,
            keys: StoredKeys,
            revocations: Revocations,
            clients: ClientRegistry,
          ): ObservedState => ({
            knowledgeAgeSeconds: () => follower.ageSeconds,
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
        WITHDRAWN,
        KNOWN_AUDIENCE,
        KEYS_BEFORE_CLIENTS,
        USED_ASSERTIONS,
        ExpiryWarnings,
        KeptEventLog,
      ],
    };
  }
}
