import { createHmac, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * How the tokens of one algorithm are signed and verified.
 *
 * @typedef {object} Algorithm
 * @property {'HS256' | 'ES256'} name
 * @property {import('node:crypto').KeyObject} key verifies
 * @property {string} text the same key, as a secret or in PEM
 * @property {(input: string) => string} sign returns the signature in base64url
 */

/**
 * A request in the form in which Node delivers it.
 *
 * @typedef {object} Request
 * @property {string} token
 * @property {Readonly<Record<string, string>>} headers
 * @property {readonly string[]} rawHeaders
 */

export const ISSUER = 'https://identity.example';
export const AUDIENCE = 'logging-service';

/** More tokens than a processor can predict or a cache can hold. */
const TOKENS = 5_000;
const KEY_ID = 'abcdefghijklmnop';
const SECRET = 'a-secret-of-the-benchmark-that-is-long-enough-0123456789';

const secretKey = createSecretKey(SECRET, 'utf8');
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** @type {readonly Algorithm[]} */
export const algorithms = [
  {
    name: 'HS256',
    key: secretKey,
    text: SECRET,
    sign: (input) => createHmac('sha256', secretKey).update(input).digest('base64url'),
  },
  {
    name: 'ES256',
    key: publicKey,
    text: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (input) =>
      sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
  },
];

/** The public key, as an issuer publishes it (RFC 7517 §5). */
export const keySetText = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' }],
});

/**
 * Serves the key set, for those that can only be given its URL.
 *
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function serveKeySet() {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(keySetText);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * @param {Algorithm} algorithm
 * @returns {readonly Request[]} each with a token of its own
 */
export function requestsFor(algorithm) {
  return Array.from({ length: TOKENS }, (_, index) => requestWith(tokenOf(algorithm, index)));
}

/** @param {object} part */
const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * @param {Algorithm} algorithm
 * @param {number} index
 */
function tokenOf({ name, sign }, index) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: `user-${index}`,
    aud: AUDIENCE,
    iat: now,
    exp: now + 3600,
    jti: `2f6f1c7a-7c39-4e0c-9d1c-${String(index).padStart(12, '0')}`,
    scope: 'logs:read logs:write',
  };
  const input = `${encode({ alg: name, typ: 'JWT', kid: KEY_ID })}.${encode(claims)}`;
  return `${input}.${sign(input)}`;
}

/**
 * @param {string} token
 * @returns {Request}
 */
export function requestWith(token) {
  // The header is made from bytes, as by Node: otherwise it would be a rope of two strings, which would have to
  // be joined first.
  const authorization = Buffer.from(`Bearer ${token}`).toString('latin1');
  return {
    token: authorization.slice('Bearer '.length),
    headers: { host: '127.0.0.1', connection: 'keep-alive', authorization },
    rawHeaders: ['Host', '127.0.0.1', 'Connection', 'keep-alive', 'Authorization', authorization],
  };
}
