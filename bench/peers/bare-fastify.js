/** Fastify without a log, metrics, security headers or limits. */
import fastify from 'fastify';
import { addRoutes } from './expert-routes.js';

const app = fastify();
addRoutes(app);
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit());
