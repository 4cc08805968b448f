import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import { CLIENT_SETTINGS, type ClientSettings } from '../config/namespaces.js';
import { type Log, LOG } from '../log.js';
import { makeWindowCounter } from '../rate-limit/make-window-counter.js';
import { WindowCounter } from '../rate-limit/window-counter.js';
import { BruteForceLimit } from './brute-force-limit.js';
import { ClientAuthenticator } from './client-authenticator.js';
import { ClientsModule } from './clients.module.js';

/** The window in which failed authentications are counted. */
const FAILURE_WINDOW_MS = 60_000;

/** Owns client authentication by secret (RFC 6749 §2.3), with its brute-force limit. Opens no route. */
@Module({
  imports: [ClientsModule],
  providers: [
    { provide: WindowCounter, inject: [CLIENT_SETTINGS, Clock, LOG], useFactory: failureCounter },
    {
      provide: BruteForceLimit,
      inject: [CLIENT_SETTINGS, WindowCounter, Clock],
      useFactory: ({ authFailureMax }: ClientSettings, failures: WindowCounter, clock: Clock) =>
        new BruteForceLimit(authFailureMax, failures, clock),
    },
    ClientAuthenticator,
  ],
  exports: [ClientAuthenticator],
})
export class ClientAuthenticationModule implements OnApplicationShutdown {
  constructor(private readonly failures: WindowCounter) {}

  onApplicationShutdown(): void {
    this.failures.close();
  }
}

function failureCounter(
  { authFailureMax, redisUrl }: ClientSettings,
  clock: Clock,
  log: Log,
): Promise<WindowCounter> {
  return makeWindowCounter({
    // Without a limit nothing is counted, so Redis is not needed.
    url: authFailureMax > 0 ? redisUrl : undefined,
    name: 'authentication-failures',
    window: FAILURE_WINDOW_MS,
    clock,
    publishes: true,
    failed: (cause) => log.error({ err: cause }, 'Redis does not respond'),
  });
}
