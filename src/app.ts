import { unescape } from 'node:querystring';
import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { RotationIncomplete } from './admin/key-administration.js';
import { AppModule } from './app.module.js';
import { ClientChangeRefused } from './clients/client-change-refused.js';
import { type Clock, SystemClock } from './clock.js';
import type { Settings } from './config/settings.js';
import { serveDocumentation } from './openapi.js';
import { ApiError } from './server/api-error.js';
import { useServerHooks, serverOptions } from './server/server-hooks.js';
import { useDirectRoutes } from './server/direct-routes.js';
import { CallerAddresses } from './server/caller-address.js';
import { ErrorFilter } from './server/error.filter.js';
import { useHeaderGuards } from './server/header-guards.js';
import { collectMethods } from './server/method-not-allowed.js';
import { sharePublicDocuments } from './server/public-document.js';
import { batchReplies } from './server/reply-batch.js';
import { limitRequests } from './server/rate-limit.js';
import { SharedResult } from './concurrency/shared-result.js';
import { unavailable } from './server/unavailable.js';
import { registerSecret } from './encoding/redact-secrets.js';
import { makeWindowCounter } from './rate-limit/make-window-counter.js';
import { createLog, nestLog } from './observability/log.js';
import { Metrics } from './observability/metrics.js';
import { refuseAuthorization } from './oauth2/authorization-endpoint.js';
import { asOAuthError } from './oauth2/oauth-error.js';
import { requestRecorder } from './observability/request-recorder.js';
import { StoreUnavailable } from './sync/record-store.js';
import { CLIENT } from './token/token-access.guard.js';
import { SINGLE_PROCESS } from './sync/change-notifier.js';
import type { Worker } from './cluster/worker.js';

/** What the application stands on; each has a default. */
export interface AppOptions {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** The link to other processes on the same port; none where left out. */
  readonly worker?: Worker;
}

/**
 * Makes the HTTP application, ready to listen. The service, the start file for Passenger and the tests share it.
 *
 * @param settings from `loadSettings`
 */
export async function createApp(
  settings: Settings,
  options: AppOptions = {},
): Promise<NestFastifyApplication> {
  for (const url of [settings.databaseUrl, settings.redisUrl]) protectPasswordOf(url);
  const { clock = new SystemClock(), log = createLog(settings.logLevel), worker } = options;
  const metrics = new Metrics();
  worker?.share(metrics.registry);
  const scraped = new SharedResult(() => (worker ? worker.metrics() : metrics.registry.metrics()), clock);
  const adapter = new FastifyAdapter({ ...serverOptions(), skipMiddie: true });
  const server = adapter.getInstance<FastifyInstance>();
  const addresses = new CallerAddresses({
    trustedProxies: settings.trustedProxies,
    warn: (peer) => warnOfProxy(log, peer),
  });
  useServerHooks(server, addresses, requestRecorder(log, metrics, settings.basePath));
  // A property that is added later would give each request of a client another shape.
  server.decorateRequest(CLIENT, undefined);
  sharePublicDocuments(server);
  if (settings.rateLimitMax > 0) await limitRates(server, settings, clock, log);
  const refuseOtherMethods = collectMethods(server);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, {
      clock,
      log,
      metrics,
      notifier: worker ?? SINGLE_PROCESS,
      scrape: () => scraped.get(),
    }),
    adapter,
    { bodyParser: false, logger: nestLog(log), abortOnError: false },
  );
  app.setGlobalPrefix(settings.basePath);
  const filter = new ErrorFilter({
    report: (cause, reqId) => log.error({ err: cause, reqId }, 'internal error'),
    translate: domainError,
    onForms: asOAuthError,
  });
  app.useGlobalFilters(filter);
  useHeaderGuards(server, app, { basePath: settings.basePath });
  useDirectRoutes(server, app, { basePath: settings.basePath, filter });
  if (settings.corsOrigins.length > 0) {
    // Registered here rather than by app.enableCors(), which would answer preflights before the hooks of the edge.
    await app.register(cors, { origin: [...settings.corsOrigins], strictPreflight: false });
  }
  if (settings.swagger) serveDocumentation(server, app, settings);
  batchReplies(server, (cause, reqId) => log.error({ err: cause, reqId }, 'reply not written'));
  refuseAuthorization(server, settings.basePath);
  await app.init();
  refuseOtherMethods();
  return app;
}

/** A proxy that is not trusted: all its callers have one address, and shut each other out. */
function warnOfProxy(log: Logger, peer: string): void {
  log.warn(
    { address: peer },
    'A request with a forwarding header (such as X-Forwarded-For) came from an address that TRUST_PROXY does not name: if it is your proxy, name it in TRUST_PROXY, else all its callers count as one and share its limits',
  );
}

/** Keeps the password of a database out of the log, as it is written in the URL and as it is sent. */
function protectPasswordOf(url = ''): void {
  const [, written = ''] = /^\w+:\/\/[^:@/]*:([^@/]+)@/.exec(url) ?? [];
  registerSecret(written);
  if (URL.canParse(url)) registerSecret(unescape(new URL(url).password));
}

/** Refuses an address that asks too often. */
async function limitRates(
  server: FastifyInstance,
  { rateLimitMax, rateLimitWindow, redisUrl, basePath }: Settings,
  clock: Clock,
  log: Logger,
): Promise<void> {
  const counter = await makeWindowCounter({
    url: redisUrl,
    name: 'requests',
    window: rateLimitWindow,
    clock,
    publishes: false,
    failed: (cause) => log.error({ err: cause }, 'Redis does not answer'),
  });
  server.addHook('onClose', () => counter.close());
  await limitRequests(server, { max: rateLimitMax, counter, clock, basePath });
}

const CLIENT_CHANGE_STATUS = { invalid_request: 400, not_found: 404, conflict: 409 } as const;

/** What the domains throw, in the words of HTTP. */
function domainError(exception: unknown): unknown {
  if (exception instanceof ClientChangeRefused) {
    return new ApiError(CLIENT_CHANGE_STATUS[exception.code], exception.code, exception.message);
  }
  if (exception instanceof RotationIncomplete) return unavailable(exception.message);
  return exception instanceof StoreUnavailable
    ? unavailable('The database does not answer; nothing has changed')
    : exception;
}
