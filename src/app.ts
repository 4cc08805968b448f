import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { RotationIncomplete } from './keys/key-administration.js';
import { AppModule } from './app.module.js';
import { ClientChangeRefused } from './clients/client-change-refused.js';
import { Clock, SystemClock } from './clock.js';
import { ConfigModule } from './config/config.module.js';
import { SERVER_SETTINGS, type ServerSettings } from './config/namespaces.js';
import type { Settings } from './config/settings.js';
import { type Log, LOG } from './log.js';
import { serveDocumentation } from './openapi.js';
import { ApiError } from './server/api-error.js';
import { ProcessModule } from './process.module.js';
import { hideClosedRoutes } from './server/closed-routes.js';
import { useServerHooks, serverOptions } from './server/server-hooks.js';
import { CallerAddresses } from './server/caller-address.js';
import { ErrorFilter } from './server/error.filter.js';
import { useFastRoutes } from './server/fast-routes.js';
import { useHeaderGuards } from './server/header-guards.js';
import { collectMethods } from './server/method-not-allowed.js';
import { sharePublicDocuments } from './server/public-document.js';
import { batchReplies } from './server/reply-batch.js';
import { limitRequests } from './server/rate-limit.js';
import { unavailable } from './server/unavailable.js';
import { makeWindowCounter } from './rate-limit/make-window-counter.js';
import { createLog, nestLog } from './observability/log.js';
import { Metrics } from './observability/metrics.js';
import { refuseAuthorization } from './oauth2/authorization-endpoint.js';
import { asOAuthError } from './oauth2/oauth-error.js';
import { requestRecorder } from './observability/request-recorder.js';
import { StoreUnavailable } from './sync/record-store.js';
import { CLIENT } from './token/token-access.guard.js';
import type { Worker } from './cluster/worker.js';

/** The surroundings of the application; each has a default. */
export interface AppOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** The link to other processes on the same port, if there are any. */
  readonly worker?: Worker;
}

/**
 * Makes the HTTP application, ready to listen. The service, the start file for Passenger and the tests share it; a process may
 * have several with other settings.
 *
 * @param settings from `loadSettings`
 */
export async function createApp(
  settings: Settings,
  { clock = new SystemClock(), log = createLog(settings.logLevel), worker }: AppOptions = {},
): Promise<NestFastifyApplication> {
  const imports = [ConfigModule.forRoot(settings), ProcessModule.forRoot({ clock, log, worker })];
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: AppModule, imports },
    new FastifyAdapter({ ...serverOptions(), skipMiddie: true }),
    { bodyParser: false, logger: nestLog(log), abortOnError: false },
  );
  const refuseOtherMethods = await prepareServer(app);
  await app.init();
  refuseOtherMethods();
  return app;
}

/**
 * Adds what surrounds the routes, once the providers exist and before the routes do.
 *
 * @returns a function to call once the routes exist, see {@link collectMethods}
 */
async function prepareServer(app: NestFastifyApplication): Promise<() => void> {
  const server = app.getHttpAdapter().getInstance();
  const settings = app.get<ServerSettings>(SERVER_SETTINGS);
  const log = app.get<Log>(LOG);
  const addresses = new CallerAddresses({
    trustedProxies: settings.trustedProxies,
    warn: (peer) => warnOfProxy(log, peer),
  });
  useServerHooks(server, addresses, requestRecorder(log, app.get(Metrics), settings.basePath));
  // A property that is added later would give each request of a client another shape.
  server.decorateRequest(CLIENT, undefined);
  sharePublicDocuments(server);
  if (settings.rateLimitMax > 0) await limitRates(server, settings, app.get(Clock), log);
  hideClosedRoutes(server, app);
  const refuseOtherMethods = collectMethods(server);
  app.setGlobalPrefix(settings.basePath);
  const filter = new ErrorFilter({
    report: (cause, reqId) => log.error({ err: cause, reqId }, 'internal error'),
    translate: domainError,
    onForms: asOAuthError,
  });
  app.useGlobalFilters(filter);
  useHeaderGuards(server, app);
  useFastRoutes(server, app, filter, (globals) =>
    log.warn({ globals }, 'Nest serves the hot routes: its handlers alone run what is global'),
  );
  if (settings.corsOrigins.length > 0) {
    // Registered here rather than by app.enableCors(), which would answer preflights before the hooks of the edge.
    await app.register(cors, { origin: [...settings.corsOrigins], strictPreflight: false });
  }
  if (settings.swagger) serveDocumentation(server, app, settings);
  batchReplies(server, (cause, reqId) => log.error({ err: cause, reqId }, 'reply not written'));
  refuseAuthorization(server, settings.basePath);
  return refuseOtherMethods;
}

/** A proxy that is not trusted: all its callers have one IP address, and lock each other out. */
function warnOfProxy(log: Log, peer: string): void {
  log.warn(
    { address: peer },
    'A request with a forwarding header (such as X-Forwarded-For) came from an IP address that TRUST_PROXY does not name: if it is your proxy, name it in TRUST_PROXY, else all its callers count as one and share its limits',
  );
}

/** Rejects requests of an IP address over its limit. */
async function limitRates(
  server: FastifyInstance,
  { rateLimitMax, rateLimitWindow, redisUrl, basePath }: ServerSettings,
  clock: Clock,
  log: Log,
): Promise<void> {
  const counter = await makeWindowCounter({
    url: redisUrl,
    name: 'requests',
    window: rateLimitWindow,
    clock,
    publishes: false,
    failed: (cause) => log.error({ err: cause }, 'Redis does not respond'),
  });
  server.addHook('onClose', () => counter.close());
  await limitRequests(server, { max: rateLimitMax, counter, clock, basePath });
}

const CLIENT_CHANGE_STATUS = { invalid_request: 400, not_found: 404, conflict: 409 } as const;

/** Translates what the domains throw into HTTP errors. */
function domainError(exception: unknown): unknown {
  if (exception instanceof ClientChangeRefused) {
    return new ApiError(CLIENT_CHANGE_STATUS[exception.code], exception.code, exception.message);
  }
  if (exception instanceof RotationIncomplete) return unavailable(exception.message);
  return exception instanceof StoreUnavailable
    ? unavailable('The database does not respond; nothing has changed')
    : exception;
}
