import 'reflect-metadata';
import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import { auth } from 'express-oauth2-jwt-bearer';
import { jwtVerify } from 'jose';
import passportJwt from 'passport-jwt';
import { JwtAuthGuard, RequireScopes, TokenVerifier } from '../dist/guard/index.js';
import { AUDIENCE, ISSUER, keySetText } from './guard-tokens.js';

/**
 * @typedef {import('./guard-tokens.js').Algorithm} Algorithm
 * @typedef {import('./guard-tokens.js').Request} Request
 */

/**
 * A way to verify the token of a request.
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(request: Request) => unknown} accepts `true` or a promise of it, if the token is valid; otherwise
 *   something else, an exception or a rejection
 */

/** The bare signature: what the others are compared with. */
export const REFERENCE = 'node:crypto';
export const GUARD = 'JwtAuthGuard';

/**
 * @param {Algorithm} algorithm
 * @param {string} jwksUri the URL at which the public key is served
 * @returns {Promise<readonly Contestant[]>}
 */
export async function guardContestants(algorithm, jwksUri) {
  return [
    { name: REFERENCE, accepts: algorithm.name === 'HS256' ? hmac(algorithm) : ecdsa(algorithm) },
    { name: GUARD, accepts: guard(algorithm) },
    { name: 'jose', accepts: jose(algorithm) },
    { name: 'passport-jwt', accepts: passport(algorithm) },
    { name: 'express-oauth2-jwt-bearer', accepts: expressBearer(algorithm, jwksUri) },
  ];
}

/**
 * @param {Algorithm} algorithm
 * @returns {Contestant['accepts']}
 */
function hmac({ key }) {
  return ({ token }) => {
    const dot = token.lastIndexOf('.');
    const expected = createHmac('sha256', key).update(token.slice(0, dot)).digest();
    return timingSafeEqual(expected, Buffer.from(token.slice(dot + 1), 'base64url'));
  };
}

/**
 * @param {Algorithm} algorithm
 * @returns {Contestant['accepts']}
 */
function ecdsa({ key }) {
  return ({ token }) => {
    const dot = token.lastIndexOf('.');
    const input = Buffer.from(token.slice(0, dot));
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    return verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature);
  };
}

class LogsController {
  list() {}
}
const handler = LogsController.prototype.list;
RequireScopes('logs:read')(LogsController.prototype, 'list', { value: handler });

/**
 * @param {Algorithm} algorithm
 * @returns {Contestant['accepts']}
 */
function guard({ name, text }) {
  const keys =
    name === 'HS256'
      ? { secrets: [text] }
      : { jwksUri: `${ISSUER}/.well-known/jwks.json`, fetch: async () => new Response(keySetText) };
  const verifier = new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, ...keys });
  const jwtAuthGuard = new JwtAuthGuard(verifier);
  return (request) => jwtAuthGuard.canActivate(executionOf(request));
}

/**
 * @param {Request} request
 * @returns {any} the part of an `ExecutionContext` that the guard reads
 */
function executionOf(request) {
  return {
    getHandler: () => handler,
    getClass: () => LogsController,
    getType: () => 'http',
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({ header() {} }) }),
  };
}

/**
 * @param {Algorithm} algorithm
 * @returns {Contestant['accepts']}
 */
function jose({ name, key }) {
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [name] };
  return async ({ token }) => {
    await jwtVerify(token, key, options);
    return true;
  };
}

/**
 * @param {Algorithm} algorithm
 * @returns {Contestant['accepts']}
 */
function passport({ name, text }) {
  const strategy = new passportJwt.Strategy(
    {
      jwtFromRequest: passportJwt.ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: text,
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: [name],
    },
    (claims, done) => done(null, claims),
  );
  return (request) =>
    new Promise((resolve, reject) => {
      // As passport does for each request.
      const attempt = Object.assign(Object.create(strategy), {
        success: () => resolve(true),
        fail: reject,
        error: reject,
      });
      attempt.authenticate(request);
    });
}

/**
 * @param {Algorithm} algorithm
 * @param {string} jwksUri
 * @returns {Contestant['accepts']}
 */
function expressBearer({ name, text }, jwksUri) {
  const keys = name === 'HS256' ? { secret: text } : { jwksUri };
  const middleware = auth({ issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: name, ...keys });
  return ({ headers }) =>
    new Promise((resolve, reject) => {
      /** @type {any} the part of a request of Express that the middleware reads */
      const request = {
        headers,
        method: 'GET',
        protocol: 'http',
        url: '/logs',
        query: {},
        get: (/** @type {string} */ field) => headers[field.toLowerCase()],
        is: () => false,
      };
      /** @type {any} */
      const response = {};
      middleware(request, response, (error) => (error ? reject(error) : resolve(true)));
    });
}
