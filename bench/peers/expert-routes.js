/**
 * The routes that an expert would write by hand on Fastify, with JSON schemas for requests and responses and
 * the fastest JWT library for Node. The form of a token is not checked.
 */
import { randomUUID } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';

const ISSUER = 'identity-backend';
const LIFETIME_SECONDS = 900;
const { JWT_SECRET_KEY: key = '' } = process.env;

const sign = createSigner({ key, algorithm: 'HS256', iss: ISSUER, expiresIn: LIFETIME_SECONDS * 1000 });
const verify = createVerifier({ key, algorithms: ['HS256'], allowedIss: ISSUER });

const text = { type: 'string', minLength: 1, maxLength: 255 };
const number = { type: 'integer' };

const tokenSchema = {
  body: { type: 'object', required: ['sub', 'aud'], properties: { sub: text, aud: text } },
  response: {
    200: {
      type: 'object',
      properties: { token: { type: 'string' }, token_type: { type: 'string' }, expires_in: number },
    },
  },
};

const verifySchema = {
  body: {
    type: 'object',
    required: ['token', 'aud'],
    properties: { token: { type: 'string', minLength: 1 }, aud: text },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        valid: { type: 'boolean' },
        claims: {
          type: 'object',
          properties: { iss: text, sub: text, aud: text, iat: number, exp: number, jti: text },
        },
      },
    },
  },
};

/**
 * Receives an event for each token.
 *
 * @typedef {object} Listener
 * @property {(requestId: string, token: { sub: string, aud: string, jti: string }) => void} issued
 * @property {(code: string) => void} verified
 */

/** @type {Listener} */
const NO_LISTENER = { issued() {}, verified() {} };

/**
 * @param {import('fastify').FastifyInstance} app
 * @param {Listener} listener
 */
export function addRoutes(app, listener = NO_LISTENER) {
  app.get('/ping', (_request, reply) => {
    reply.type('text/plain; charset=utf-8').send('OK');
  });

  app.post('/token', { schema: tokenSchema }, (request, reply) => {
    const { sub, aud } = /** @type {{ sub: string, aud: string }} */ (request.body);
    const jti = randomUUID();
    const token = sign({ sub, aud, jti });
    listener.issued(request.id, { sub, aud, jti });
    reply.send({ token, token_type: 'Bearer', expires_in: LIFETIME_SECONDS });
  });

  app.post('/verify', { schema: verifySchema }, (request, reply) => {
    const { token, aud } = /** @type {{ token: string, aud: string }} */ (request.body);
    const claims = claimsOf(token);
    const valid = claims?.aud === aud;
    listener.verified(valid ? 'valid' : 'invalid');
    if (valid) reply.send({ valid, claims });
    else /** @type {import('fastify').FastifyReply} */ (reply).code(401).send({ valid });
  });
}

/** @param {string} token */
function claimsOf(token) {
  try {
    return verify(token);
  } catch {
    return undefined;
  }
}
