import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';

const VALID = { sub: 'user-42', aud: 'logging-service' };
const REFUSAL = { error: 'Client authentication failed', code: 'invalid_client' };
const CHALLENGE = 'Basic realm="identity-backend"';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const AUTHORIZATIONS = [
  basic('unknown:secret'),
  basic('no-colon'),
  basic(':'),
  'Basic !',
  'Basic',
  'Bearer a.b.c',
  'x',
];

describe.each(['none', 'required'] as const)(
  'POST /token with TOKEN_ENDPOINT_AUTH=%s',
  (tokenEndpointAuth) => {
    let service: RunningApp;
    beforeAll(async () => {
      service = await RunningApp.start({ tokenEndpointAuth });
    });
    afterAll(() => service.stop());

    it.each(AUTHORIZATIONS)('rejects the Authorization %j with a challenge', async (authorization) => {
      const { status, body, headers } = await service.post('/token', VALID, { authorization });
      expect({ status, body }).toEqual({ status: 401, body: REFUSAL });
      expect(headers.get('www-authenticate')).toBe(CHALLENGE);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it(tokenEndpointAuth === 'none' ? 'accepts anonymous callers' : 'rejects anonymous callers', async () => {
      const { status, headers } = await service.post('/token', VALID);
      expect(status).toBe(tokenEndpointAuth === 'none' ? 200 : 401);
      expect(headers.get('www-authenticate')).toBe(tokenEndpointAuth === 'none' ? null : CHALLENGE);
    });

    it('does not require credentials at /verify', async () => {
      expect((await service.verify('a.b.c')).body['code']).toBe('malformed_token');
    });
  },
);
