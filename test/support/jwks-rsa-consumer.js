// Verifies tokens as a service in JavaScript would: with jsonwebtoken and the keys of jwks-rsa. It is a
// separate process, as jwks-rsa requires packages that are ES modules, which Jest cannot do before Node 24.9.
//
// Its argument is the URL of the key set. It reads one JSON object per line, with `token`, `issuer`,
// `audience`, `algorithm` and `now`, and writes one line for each: `claims`, or the `error`.
import { createInterface } from 'node:readline';
import jwt from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';

const client = jwksClient({ jwksUri: process.argv[2] ?? '' });
/** @type {jwt.GetPublicKeyOrSecret} */
const keyFor = ({ kid }, done) => {
  client.getSigningKey(kid).then(
    (key) => done(null, key.getPublicKey()),
    (error) => done(error),
  );
};

for await (const line of createInterface({ input: process.stdin })) {
  const { token, issuer, audience, algorithm, now } = JSON.parse(line);
  /** @type {jwt.VerifyOptions & { complete?: false }} */
  const options = { issuer, audience, algorithms: [algorithm], clockTimestamp: now };
  const answer = await new Promise((resolve) => {
    jwt.verify(token, keyFor, options, (error, claims) =>
      resolve(error ? { error: error.message } : { claims }),
    );
  });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
