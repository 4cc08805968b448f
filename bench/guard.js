// Measures what the guard adds to a request: its processor time with HS256, on requests in the form in which
// Node delivers them.
// Run after `npm run build`: node bench/guard.js
import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { IdentityAuthModule, JwtAuthGuard, RequireScopes, TokenVerifier } from '../dist/guard/index.js';
import { machine } from './machine.js';
import { median } from './quantile.js';

/** More tokens than a processor can predict or a cache can hold. */
const TOKENS = 5_000;
const ROUNDS = 9;
const REQUESTS = 100_000;
const SECRET = 'a-secret-of-the-benchmark-that-is-long-enough-0123456789';

/** @param {object} part */
const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** @param {number} index */
function token(index) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'identity-backend',
    sub: `user-${index}`,
    aud: 'logging-service',
    iat: now,
    exp: now + 900,
    jti: `2f6f1c7a-7c39-4e0c-9d1c-${String(index).padStart(12, '0')}`,
    scope: 'logs:read logs:write',
  };
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'abcdefghijklmnop' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
}

class LogsController {
  list() {}
}
const handler = LogsController.prototype.list;
RequireScopes('logs:read')(LogsController.prototype, 'list', { value: handler });

/**
 * @param {number} index
 * @returns {any} the part of an `ExecutionContext` that the guard reads
 */
function execution(index) {
  // The header is made from bytes, as by Node: otherwise it would be a rope of two strings, which the guard
  // would have to join.
  const authorization = Buffer.from(`Bearer ${token(index)}`).toString('latin1');
  const rawHeaders = ['Host', '127.0.0.1', 'Connection', 'keep-alive', 'Authorization', authorization];
  const request = { headers: { host: '127.0.0.1', connection: 'keep-alive', authorization }, rawHeaders };
  return {
    getHandler: () => handler,
    getClass: () => LogsController,
    getType: () => 'http',
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({ header() {} }) }),
  };
}

const options = { issuer: 'identity-backend', audience: 'logging-service', secrets: [SECRET] };
IdentityAuthModule.forRoot(options);
const guard = new JwtAuthGuard(new TokenVerifier(options));
const executions = Array.from({ length: TOKENS }, (_, index) => execution(index));

function pass() {
  for (let index = 0; index < REQUESTS; index++) {
    if (guard.canActivate(executions[index % TOKENS]) !== true) throw new Error('A valid token was rejected');
  }
}

pass();
const microseconds = Array.from({ length: ROUNDS }, () => {
  const before = process.cpuUsage();
  pass();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
});
console.log(`${machine()}; ${ROUNDS} rounds of ${REQUESTS} requests`);
console.log(
  `JwtAuthGuard with HS256: ${median(microseconds).toFixed(1)} µs of processor time a request (${Math.min(...microseconds).toFixed(1)} to ${Math.max(...microseconds).toFixed(1)})`,
);
