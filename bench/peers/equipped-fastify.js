/**
 * The routes of `expert-routes.js`, equipped like the service in production and with the same libraries: a
 * log line for each response and each token, request IDs, the same headers, the same metrics, and a limit
 * that is never reached.
 */
import rateLimit from '@fastify/rate-limit';
import fastify, { LogController } from 'fastify';
import { randomUUID } from 'node:crypto';
import { destination, pino } from 'pino';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { addRoutes } from './expert-routes.js';

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const QUIET = '/ping';

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const requestSeconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from request to answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  registers: [registry],
});
const tokensIssued = new Counter({
  name: 'tokens_issued_total',
  help: 'Tokens that were issued',
  labelNames: ['audience', 'algorithm'],
  registers: [registry],
});
const verifications = new Counter({
  name: 'verifications_total',
  help: 'Verified tokens',
  labelNames: ['code'],
  registers: [registry],
});

const log = pino(
  { level: 'info', base: { pid: process.pid } },
  destination({ dest: 1, sync: false, minLength: 16_000, periodicFlush: 100 }),
);

const app = fastify({
  genReqId: ({ headers }) => String(headers['x-request-id'] ?? randomUUID()),
  requestIdHeader: false,
  logController: new LogController({ disableRequestLogging: true }),
});
await app.register(rateLimit, {
  global: true,
  max: 100_000_000,
  timeWindow: 60_000,
  enableDraftSpec: true,
  allowList: ({ routeOptions }) => routeOptions.url === QUIET,
});
app.addHook('onRequest', (request, reply, done) => {
  reply.headers(HEADERS).header('x-request-id', request.id);
  done();
});
app.addHook('onResponse', (request, reply, done) => {
  const { method } = request;
  const { url: route = 'unmatched' } = request.routeOptions;
  const { statusCode: status, elapsedTime } = reply;
  requestSeconds.labels(method, route, String(status)).observe(elapsedTime / 1000);
  if (route !== QUIET) log.info({ reqId: request.id, method, route, status, ms: elapsedTime }, 'answered');
  done();
});
addRoutes(app, {
  issued(reqId, { sub, aud, jti }) {
    log.info({ audit: true, reqId, event: 'token.issued', jti, alg: 'HS256', sub, aud });
    tokensIssued.labels(aud, 'HS256').inc();
  },
  verified: (code) => verifications.labels(code).inc(),
});
app.get('/metrics', async (_request, reply) =>
  reply.type(registry.contentType).send(await registry.metrics()),
);
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit());
