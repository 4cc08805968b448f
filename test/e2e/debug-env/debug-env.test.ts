import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

const fingerprint = (nonce = '', secret = SECRET): string =>
  createHmac('sha256', secret)
    .update(`identity-backend/secret-fingerprint/v1${nonce}`)
    .digest('hex')
    .slice(0, 16);

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
afterAll(() => service.stop());

async function fingerprintFrom(path: string): Promise<unknown> {
  const { body } = await service.get(path);
  return (body['JWT_SECRET_KEY'] as { fingerprint: string }).fingerprint;
}

describe('GET /debug-env', () => {
  it('returns the settings that two services share, with a fingerprint in place of the secret', async () => {
    const { status, body, text } = await service.get('/debug-env');
    expect(status).toBe(200);
    expect(body).toEqual({
      JWT_ISSUER: 'identity-backend',
      JWT_EXPIRATION_MINUTES: 15,
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET_KEY: { set: true, fingerprint: fingerprint(), warnings: [] },
      server_time: '2026-01-01T00:00:00.000Z',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(text).not.toContain(SECRET);
  });

  it.each(['a', 'check-1', 'A-b_c.9', 'x'.repeat(128)])(
    'includes the nonce %j in the fingerprint',
    async (nonce) => {
      expect(await fingerprintFrom(`/debug-env?nonce=${nonce}`)).toBe(fingerprint(nonce));
    },
  );

  it.each([
    'nonce=',
    `nonce=${'x'.repeat(129)}`,
    'nonce=a%20b',
    'nonce=%C3%A9',
    'nonce=a&nonce=b',
    'nonce=a%00',
    'nonce=a/b',
  ])('rejects ?%s', async (query) => {
    const { status, body } = await service.get(`/debug-env?${query}`);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body['error']).toMatch(/^nonce /);
  });

  it('ignores other parameters', async () => {
    expect(await fingerprintFrom('/debug-env?a=1&nonce[x]=1')).toBe(fingerprint());
  });

  it('returns 404 if it is disabled, as an unknown route does', async () => {
    const closed = await RunningApp.start({ debugEnv: false });
    const responses = await Promise.all([
      closed.get('/debug-env'),
      closed.get('/debug-env?nonce=a'),
      closed.post('/debug-env', {}),
      closed.get('/no-such-route'),
    ]);
    await closed.stop();
    for (const { status, body } of responses) {
      expect({ status, body }).toEqual({
        status: 404,
        body: { error: expect.any(String), code: 'not_found' },
      });
    }
  });

  it.each([
    ['has a trailing newline', `${SECRET}\n`],
    ['has surrounding white space', ` ${SECRET}`],
    ['is wrapped in quotes', `"${SECRET}"`],
    ['is a known placeholder', '<strong-shared-secret>'],
    ['is under 32 bytes', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0P'],
  ])('warns of a secret that %s', async (warning, secret) => {
    const weak = await RunningApp.start({ secret });
    const { body, text } = await weak.get('/debug-env');
    await weak.stop();
    expect(body['JWT_SECRET_KEY']).toMatchObject({
      fingerprint: fingerprint('', secret),
      warnings: expect.arrayContaining([warning]),
    });
    expect(text).not.toContain(secret.trim());
  });
});
