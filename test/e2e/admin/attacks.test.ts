import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JWK, SignJWT } from 'jose';
import { Administrator, ADMINISTRATOR_CLAIMS } from '../../support/clients.js';
import { base64Url, readToken, signed } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

let service: RunningApp;
let admin: Administrator;
let published: JWK;
beforeAll(async () => {
  service = await RunningApp.start({ algorithms: ['HS256', 'HS384', 'HS512'] });
  admin = await Administrator.of(service);
  const { body } = await service.get('/.well-known/jwks.json');
  [published = { kty: '' }] = body['keys'] as JWK[];
});
afterAll(() => service.stop());

const forged = (
  header: Record<string, unknown>,
  key: string | Uint8Array,
  claims: Record<string, unknown> = {},
): string => {
  const { alg } = header as { alg: string };
  const parts = [
    { typ: 'at+jwt', ...header },
    { ...ADMINISTRATOR_CLAIMS, ...claims },
  ];
  return signed(parts.map((part) => base64Url(JSON.stringify(part))).join('.'), key, alg);
};

/** Signed with an asymmetric key that the attacker generated. */
const signedBy = (key: KeyObject, header: Record<string, unknown>): Promise<string> =>
  new SignJWT(ADMINISTRATOR_CLAIMS).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(key);

/** Expects that neither the admin routes nor /verify accept the token. */
async function expectUseless(token: string): Promise<void> {
  const { status, body, headers } = await service.get('/admin/clients', { authorization: `Bearer ${token}` });
  expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_token' });
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  const verdict = await service.verify(token, 'identity-backend');
  expect(verdict.body['code']).toMatch(/^(invalid_signature|malformed_token|invalid_audience)$/);
}

describe('a genuine admin token', () => {
  it('is accepted by the admin routes; the forged ones below have the same claims', async () => {
    const token = await admin.token();
    expect(readToken(token).claims).toEqual({ ...ADMINISTRATOR_CLAIMS, jti: expect.any(String) });
    expect((await service.get('/admin/clients', { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('is valid for no other audience', async () => {
    const token = await admin.token();
    expect((await service.verify(token, 'identity-backend')).status).toBe(200);
    expect((await service.verify(token)).body['code']).toBe('invalid_audience');
  });
});

describe('a token forged by a holder of the shared secret', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['with HS256', { alg: 'HS256' }, {}],
    ['with HS384', { alg: 'HS384' }, {}],
    ['with HS512', { alg: 'HS512' }, {}],
    ['with the typ JWT', { alg: 'HS256', typ: 'JWT' }, {}],
    ['without a typ', { alg: 'HS256', typ: undefined }, {}],
    [
      'with the issuer as the first of two audiences',
      { alg: 'HS256' },
      { aud: ['identity-backend', 'logging-service'] },
    ],
    [
      'with the issuer as the second of two audiences',
      { alg: 'HS256' },
      { aud: ['logging-service', 'identity-backend'] },
    ],
    ['with the issuer in an array', { alg: 'HS256' }, { aud: ['identity-backend'] }],
    ['with the issuer twice', { alg: 'HS256' }, { aud: ['identity-backend', 'identity-backend'] }],
    ['for another audience', { alg: 'HS256' }, { aud: 'logging-service' }],
    ['for the audience in another case', { alg: 'HS256' }, { aud: 'Identity-Backend' }],
    ['with a crit header', { alg: 'HS256', crit: ['b64'], b64: true }, {}],
  ])('is rejected %s', async (_name, header, claims) => {
    const token = forged(header, SECRET, claims);
    const { status } = await service.get('/admin/clients', { authorization: `Bearer ${token}` });
    expect(status).toBe(401);
    if (claims['aud'] === undefined || Array.isArray(claims['aud'])) await expectUseless(token);
    // Nor is it valid for the audience that accepts the shared secret, if the issuer is in the list too.
    if (Array.isArray(claims['aud'])) expect((await service.verify(token)).status).toBe(401);
  });

  it('is rejected with the kid of the published key', async () => {
    await expectUseless(forged({ alg: 'HS256', kid: published.kid }, SECRET));
    await expectUseless(forged({ alg: 'ES256', kid: published.kid }, SECRET));
    await expectUseless(forged({ alg: 'ES256' }, SECRET));
  });

  it('is rejected with the header and signature of a genuine token', async () => {
    const [header, claims, signature] = (await admin.token('')).split('.');
    const changed = base64Url(JSON.stringify({ ...ADMINISTRATOR_CLAIMS, scope: 'identity:admin' }));
    expect(changed).not.toBe(claims);
    await expectUseless(`${header}.${changed}.${signature}`);
    await expectUseless(`${header}.${changed}.`);
  });
});

describe('a token forged by a reader of the published key', () => {
  const spellings = (): [string, string | Buffer][] => {
    const key = createPublicKey({ key: published as never, format: 'jwk' });
    const pem = key.export({ format: 'pem', type: 'spki' }) as string;
    return [
      ['PEM', pem],
      ['PEM without the last newline', pem.trimEnd()],
      ['DER', key.export({ format: 'der', type: 'spki' })],
      ['JWK', JSON.stringify(published)],
      ['JWK of four fields', JSON.stringify(key.export({ format: 'jwk' }))],
      ['its first coordinate', Buffer.from(published.x ?? '', 'base64url')],
      ['its kid', published.kid ?? ''],
      ['nothing', ''],
    ];
  };

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'is rejected with an HMAC whose secret is the key (encoding %s)',
    async (index) => {
      const [, key = ''] = spellings()[index] ?? [];
      for (const alg of ['HS256', 'HS384', 'HS512']) {
        for (const kid of [published.kid, undefined])
          await expectUseless(forged({ alg, kid }, typeof key === 'string' ? key : new Uint8Array(key)));
      }
    },
  );

  it('is rejected if another key signs it, even with the published kid, a jwk or a jku', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    for (const header of [
      {},
      { kid: published.kid },
      { kid: 'another' },
      { jwk },
      { kid: published.kid, jwk },
      { kid: published.kid, jku: `${service.origin}/.well-known/jwks.json` },
    ]) {
      await expectUseless(await signedBy(privateKey, header));
    }
  });

  it('is rejected with an empty or zero signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'ES256', 'HS256']) {
      const input = [{ alg, typ: 'at+jwt', kid: published.kid }, ADMINISTRATOR_CLAIMS].map((part) =>
        base64Url(JSON.stringify(part)),
      );
      await expectUseless(`${input.join('.')}.`);
      await expectUseless(`${input.join('.')}.${base64Url(new Uint8Array(64))}`);
    }
  });
});

// The shared secret as a KeyObject, as a library would use it.
it('an admin token signed by jose with the shared secret is rejected', async () => {
  const token = await new SignJWT(ADMINISTRATOR_CLAIMS)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(createSecretKey(Buffer.from(SECRET)));
  await expectUseless(token);
});
