/**
 * The lean choice that the service is compared with: Fastify with JSON schemas for what comes in and goes out, and the
 * fastest JWT library for Node. No log, no metrics, no security headers, no checks of the token's form.
 */
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import { createSigner, createVerifier } from 'fast-jwt';

const ISSUER = 'identity-backend';
const LIFETIME_SECONDS = 900;
const { JWT_SECRET_KEY: key = '', PORT } = process.env;

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

const app = fastify();

app.get('/ping', (_request, reply) => {
  reply.type('text/plain; charset=utf-8').send('OK');
});

app.post('/token', { schema: tokenSchema }, (request, reply) => {
  const { sub, aud } = request.body;
  reply.send({
    token: sign({ sub, aud, jti: randomUUID() }),
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
  });
});

app.post('/verify', { schema: verifySchema }, (request, reply) => {
  const { token, aud } = request.body;
  const claims = claimsOf(token);
  if (claims?.aud === aud) reply.send({ valid: true, claims });
  else reply.code(401).send({ valid: false });
});

/** @param {string} token */
function claimsOf(token) {
  try {
    return verify(token);
  } catch {
    return undefined;
  }
}

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit());
