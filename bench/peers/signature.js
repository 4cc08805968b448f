/**
 * What the verification of one signature costs in a server under load: more than in a loop.
 * `POST /verified` verifies a signature for each request, `POST /unverified` does not. ALG is its algorithm.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';

const { ALG, PORT } = process.env;
const isEcdsa = ALG === 'ES256';
const { privateKey, publicKey } = isEcdsa
  ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  : generateKeyPairSync('rsa', { modulusLength: 2048 });
/** @type {{ dsaEncoding?: 'ieee-p1363' }} */
const options = isEcdsa ? { dsaEncoding: 'ieee-p1363' } : {};
/** As long as the signing input of a workload's token. */
const input = 'x'.repeat(280);
const signature = sign('sha256', Buffer.from(input), { key: privateKey, ...options }).toString('base64url');

const isVerified = () =>
  verify('sha256', Buffer.from(input), { key: publicKey, ...options }, Buffer.from(signature, 'base64url'));

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const ok = request.url === '/unverified' || isVerified();
    response.writeHead(ok ? 200 : 500, { 'content-type': 'text/plain', 'content-length': 2 }).end('OK');
  });
});

server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit());
