import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AdminModule } from './admin/admin.module.js';
import { ClientRegistry } from './clients/client-registry.js';
import { ClientAuthenticationModule } from './clients/client-authentication.module.js';
import type { Clock } from './clock.js';
import { ConfigModule } from './config/config.module.js';
import { secretWarnings } from './jwt/secret-strength.js';
import type { Settings } from './config/settings.js';
import { DiagnosticsModule } from './diagnostics/diagnostics.module.js';
import { HealthModule } from './health/health.module.js';
import { makeWindowCounter } from './rate-limit/make-window-counter.js';
import { algorithmsInForce } from './keys/key-ring.js';
import { ManagedKeys } from './keys/managed-keys.js';
import { Revocations } from './revocation/revocations.js';
import { tokenOptions } from './token-options.js';
import { GRANTS } from './oauth2/grants/index.js';
import { serverMetadata } from './oauth2/metadata.js';
import { OAuth2Module } from './oauth2/oauth2.module.js';
import type { Scrape } from './observability/metrics.controller.js';
import type { Metrics } from './observability/metrics.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { publishedAddresses } from './published-addresses.js';
import { PersistenceModule } from './persistence.module.js';
import { TokenModule } from './token/token.module.js';
import { TokenRoutesModule } from './token/token-routes.module.js';
import { VERSION } from './version.js';
import type { ChangeNotifier } from './sync/change-notifier.js';

/** How long failed authentications are remembered, in milliseconds. */
const FAILURE_WINDOW = 60_000;

/** What the application is composed of besides its settings. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The other processes on the same port. */
  readonly notifier: ChangeNotifier;
  /** The text of `/metrics`. */
  readonly scrape: Scrape;
}

/** The token endpoint, if an assertion may name it as its audience: to the letter as it is published. */
function acceptedEndpoint({ publicUrl, clientAssertionAudience }: Settings): string | undefined {
  return publicUrl === undefined || clientAssertionAudience === 'issuer'
    ? undefined
    : publishedAddresses(publicUrl).tokenEndpoint;
}

/** The composition root: the one place where settings become the options of modules. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings, { clock, log, metrics, notifier, scrape }: Surroundings): DynamicModule {
    const { issuer, lifetimeSeconds, algorithms, secret } = settings;
    const tokens = {
      ...TokenModule.forRootAsync({
        inject: [ManagedKeys, ClientRegistry, Revocations],
        useFactory: (managedKeys: ManagedKeys, clients: ClientRegistry, revocations: Revocations) =>
          tokenOptions(settings, clock, { managedKeys, clients, revocations }),
      }),
      global: true,
    };
    const observability = ObservabilityModule.forRoot({
      log,
      metrics,
      clock,
      scrape: settings.metrics ? scrape : undefined,
    });
    const authentication = ClientAuthenticationModule.forRoot({
      imports: [observability],
      clock,
      mostFailures: settings.mostAuthFailures,
      failures: () =>
        makeWindowCounter({
          // Without a limit nothing is counted, so nobody needs to be asked.
          url: settings.mostAuthFailures > 0 ? settings.redisUrl : undefined,
          name: 'authentication-failures',
          window: FAILURE_WINDOW,
          clock,
          publishes: true,
          failed: (cause) => log.error({ err: cause }, 'Redis does not answer'),
        }),
    });
    const diagnostics = {
      issuer,
      lifetimeSeconds,
      algorithms,
      secret,
      enabled: settings.debugEnv,
      secretWarnings: secret === undefined ? [] : secretWarnings(secret),
      version: VERSION,
    };
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings),
        PersistenceModule.forRoot(settings, { clock, log, notifier, isService: true }),
        tokens,
        TokenRoutesModule.forRoot({
          imports: [observability, authentication],
          access: settings.tokenEndpointAuth,
        }),
        OAuth2Module.forRoot({
          imports: [observability, authentication],
          clock,
          audiences: { issuer, tokenEndpoint: acceptedEndpoint(settings) },
          metadata: serverMetadata({
            issuer,
            publicUrl: settings.publicUrl,
            basePath: settings.basePath,
            documentation: settings.swagger,
            grantTypes: Object.keys(GRANTS),
            algorithms: [...algorithmsInForce(settings)],
          }),
        }),
        AdminModule.forRoot({
          imports: [observability],
          lifetimeSeconds,
          clock,
          importedKeys: settings.importedKeys,
          routes: true,
        }),
        HealthModule.forRoot(clock),
        DiagnosticsModule.forRoot(diagnostics, clock),
        observability,
      ],
    };
  }
}
