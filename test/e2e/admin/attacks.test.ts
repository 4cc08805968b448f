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

/** Signed by an asymmetric key that the attacker made itself. */
const signedBy = (key: KeyObject, header: Record<string, unknown>): Promise<string> =>
  new SignJWT(ADMINISTRATOR_CLAIMS).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header }).sign(key);

/** What a forged token opens: nothing, at no route. */
async function expectUseless(token: string): Promise<void> {
  const { status, body, headers } = await service.get('/admin/clients', { authorization: `Bearer ${token}` });
  expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_token' });
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  const verdict = await service.verify(token, 'identity-backend');
  expect(verdict.body['code']).toMatch(/^(invalid_signature|malformed_token|invalid_audience)$/);
}

describe('a token of the service itself', () => {
  it('opens the administration, as the ones below would if they were valid', async () => {
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

describe('a holder of the shared secret cannot make itself an administrator', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['by HS256', { alg: 'HS256' }, {}],
    ['by HS384', { alg: 'HS384' }, {}],
    ['by HS512', { alg: 'HS512' }, {}],
    ['as a JWT', { alg: 'HS256', typ: 'JWT' }, {}],
    ['without a typ', { alg: 'HS256', typ: undefined }, {}],
    [
      'with the issuer among several audiences',
      { alg: 'HS256' },
      { aud: ['identity-backend', 'logging-service'] },
    ],
    [
      'with the issuer behind another audience',
      { alg: 'HS256' },
      { aud: ['logging-service', 'identity-backend'] },
    ],
    ['with the issuer in an array', { alg: 'HS256' }, { aud: ['identity-backend'] }],
    ['with the issuer twice', { alg: 'HS256' }, { aud: ['identity-backend', 'identity-backend'] }],
    ['for another audience', { alg: 'HS256' }, { aud: 'logging-service' }],
    ['for an audience of another case', { alg: 'HS256' }, { aud: 'Identity-Backend' }],
    ['with a critical header', { alg: 'HS256', crit: ['b64'], b64: true }, {}],
  ])('%s', async (_name, header, claims) => {
    const token = forged(header, SECRET, claims);
    const { status } = await service.get('/admin/clients', { authorization: `Bearer ${token}` });
    expect(status).toBe(401);
    if (claims['aud'] === undefined || Array.isArray(claims['aud'])) await expectUseless(token);
    // Nor is it valid for the audience that would take such a key, if the issuer is in the list too.
    if (Array.isArray(claims['aud'])) expect((await service.verify(token)).status).toBe(401);
  });

  it('with the kid of the key of the service', async () => {
    await expectUseless(forged({ alg: 'HS256', kid: published.kid }, SECRET));
    await expectUseless(forged({ alg: 'ES256', kid: published.kid }, SECRET));
    await expectUseless(forged({ alg: 'ES256' }, SECRET));
  });

  it('with its own tokens, made again: the signature of one does not fit another', async () => {
    const [header, claims, signature] = (await admin.token('')).split('.');
    const changed = base64Url(JSON.stringify({ ...ADMINISTRATOR_CLAIMS, scope: 'identity:admin' }));
    expect(changed).not.toBe(claims);
    await expectUseless(`${header}.${changed}.${signature}`);
    await expectUseless(`${header}.${changed}.`);
  });
});

describe('who reads the published key makes no administrator of itself', () => {
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

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('by an HMAC with it for a secret (spelling %s)', async (index) => {
    const [, key = ''] = spellings()[index] ?? [];
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const kid of [published.kid, undefined])
        await expectUseless(forged({ alg, kid }, typeof key === 'string' ? key : new Uint8Array(key)));
    }
  });

  it('by another key, with the kid of this one or with a key in the header', async () => {
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

  it('without any signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'ES256', 'HS256']) {
      const input = [{ alg, typ: 'at+jwt', kid: published.kid }, ADMINISTRATOR_CLAIMS].map((part) =>
        base64Url(JSON.stringify(part)),
      );
      await expectUseless(`${input.join('.')}.`);
      await expectUseless(`${input.join('.')}.${base64Url(new Uint8Array(64))}`);
    }
  });
});

// The shared secret as a key object: what a library would take it for.
it('the shared secret is no key of the administration in any form', async () => {
  const token = await new SignJWT(ADMINISTRATOR_CLAIMS)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(createSecretKey(Buffer.from(SECRET)));
  await expectUseless(token);
});
