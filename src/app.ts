import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { Clock, SystemClock } from './clock.js';
import { ConfigModule } from './config/config.module.js';
import { SERVER_SETTINGS, type ServerSettings } from './config/namespaces.js';
import type { Settings } from './config/settings.js';
import { domainError } from './domain-error.js';
import { type Log, LOG } from './log.js';
import { serveDocumentation } from './openapi.js';
import { ProcessModule } from './process.module.js';
import { hideClosedRoutes } from './server/closed-routes.js';
import { useServerHooks, serverOptions } from './server/server-hooks.js';
import { CallerAddresses, proxyWarning } from './server/caller-address.js';
import { ErrorFilter } from './server/error.filter.js';
import { useFastRoutes } from './server/fast-routes.js';
import { controllerMethods, useHeaderGuards } from './server/header-guards.js';
import { collectMethods } from './server/method-not-allowed.js';
import { sharePublicDocuments } from './server/public-document.js';
import { batchReplies } from './server/reply-batch.js';
import { limitRequests } from './server/rate-limit.js';
import { createLog, nestLog } from './observability/log.js';
import { Metrics } from './observability/metrics.js';
import { refuseAuthorization } from './oauth2/authorization-endpoint.js';
import { asOAuthError } from './oauth2/oauth-error.js';
import { requestRecorder } from './observability/request-recorder.js';
import { CLIENT } from './token/token-access.guard.js';
import type { Worker } from './cluster/worker.js';

/** What the process provides to the application. Everything is optional. */
export interface AppOptions {
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Default: a new log with the level of the settings. */
  readonly log?: Log;
  /** The link to the other workers; omitted if this process is the only one. */
  readonly worker?: Worker;
}

/**
 * Creates the HTTP application, ready to listen. One process may create several, each with its own settings.
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
 * Installs what applies to every route: hooks, rate limit, error filter, CORS. Hooks run in the order in
 * which they are added, and apply only to the routes that are registered after them. Call it once the
 * providers exist, but before Nest registers the routes.
 *
 * @returns a function to call once the routes are registered; see {@link collectMethods}
 */
async function prepareServer(app: NestFastifyApplication): Promise<() => void> {
  const server = app.getHttpAdapter().getInstance();
  const settings = app.get<ServerSettings>(SERVER_SETTINGS);
  const log = app.get<Log>(LOG);
  const addresses = new CallerAddresses({
    trustedProxies: settings.trustedProxies,
    warn: proxyWarning(log),
  });
  useServerHooks(server, addresses, requestRecorder(log, app.get(Metrics), settings.basePath));
  // A property that is added later would change the hidden class of the request.
  server.decorateRequest(CLIENT, undefined);
  sharePublicDocuments(server);
  await limitRequests(server, settings, app.get(Clock), log);
  const methods = controllerMethods(app);
  hideClosedRoutes(server, methods);
  const refuseOtherMethods = collectMethods(server);
  app.setGlobalPrefix(settings.basePath);
  const filter = useErrorFilter(app, log);
  useHeaderGuards(server, methods);
  useFastRoutes(server, app, { methods, filter }, (globals) =>
    log.warn({ globals }, 'Nest serves the hot routes: only its own handlers run global guards and the like'),
  );
  await allowOrigins(app, settings.corsOrigins);
  if (settings.swagger) serveDocumentation(server, app, settings);
  batchReplies(server, (cause, reqId) => log.error({ err: cause, reqId }, 'reply not written'));
  refuseAuthorization(server, settings.basePath);
  return refuseOtherMethods;
}

function useErrorFilter(app: NestFastifyApplication, log: Log): ErrorFilter {
  const filter = new ErrorFilter({
    report: (cause, reqId) => log.error({ err: cause, reqId }, 'internal error'),
    translate: domainError,
    onForms: asOAuthError,
  });
  app.useGlobalFilters(filter);
  return filter;
}

/**
 * Registers CORS as a plugin: `app.enableCors()` would respond to preflights before the hooks of the server
 * run.
 */
async function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, { origin: [...origins], strictPreflight: false });
}
