/**
 * The floor: what the same responses cost with only Node and an HMAC by hand. Do not run this in production.
 */
import { createHmac, createSecretKey, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const ISSUER = 'identity-backend';
const LIFETIME_SECONDS = 900;
const { JWT_SECRET_KEY = '', PORT } = process.env;

const key = createSecretKey(JWT_SECRET_KEY, 'utf8');
const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');

/** @type {Record<string, (body: any) => [status: number, body: object]>} */
const routes = {
  '/token': ({ sub, aud }) => {
    if (typeof sub !== 'string' || typeof aud !== 'string') return [400, { error: 'Missing' }];
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, sub, aud, iat, exp: iat + LIFETIME_SECONDS, jti: randomUUID() };
    return [200, { token: sign(claims), token_type: 'Bearer', expires_in: LIFETIME_SECONDS }];
  },
  '/verify': ({ token, aud }) => {
    if (typeof token !== 'string' || typeof aud !== 'string') return [400, { error: 'Missing' }];
    const claims = verify(token);
    return claims?.aud === aud ? [200, { valid: true, claims }] : [401, { valid: false }];
  },
};

/** @param {object} claims */
function sign(claims) {
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** @param {string} token */
function verify(token) {
  const [headerPart = '', claimsPart = '', signaturePart = ''] = token.split('.');
  const expected = createHmac('sha256', key).update(`${headerPart}.${claimsPart}`).digest();
  const signature = Buffer.from(signaturePart, 'base64url');
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined;
  if (JSON.parse(Buffer.from(headerPart, 'base64url').toString()).alg !== 'HS256') return undefined;
  const claims = JSON.parse(Buffer.from(claimsPart, 'base64url').toString());
  return claims.iss === ISSUER && claims.exp > Date.now() / 1000 ? claims : undefined;
}

const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/ping') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': 2 }).end('OK');
    return;
  }
  const route = request.method === 'POST' ? routes[request.url ?? ''] : undefined;
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [status, body] = route ? route(JSON.parse(Buffer.concat(chunks).toString())) : [404, {}];
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    };
    response.writeHead(status, headers).end(text);
  });
});

server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit());
