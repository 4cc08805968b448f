import { describe, expect, it } from '@jest/globals';
import { clientSettings } from '../../../src/token-client/client-settings.js';
import type { TokenClientOptions, TokenTarget } from '../../../src/token-client/token-client-options.js';
import { tokenRoutes } from '../../../src/token-client/token-routes.js';
import { type FetchedToken, tokenSource } from '../../../src/token-client/token-source.js';
import { requestedToken } from '../../../src/token-client/token-target.js';
import { TokenUnavailableError } from '../../../src/token-client/token-unavailable-error.js';
import { connectionRefused, FakeFetch, json } from '../../support/fake-fetch.js';

const ISSUER = 'https://issuer.example/base';
const CLIENT = { clientId: 'care gpt', clientSecret: 'marker:ü' };
const BASIC = `Basic ${Buffer.from('care+gpt:marker%3A%C3%BC').toString('base64')}`;
const OAUTH = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 900 };
const JSON_ROUTE = { token: 'a.b.c', token_type: 'Bearer', expires_in: 900 };

const ask = (
  fake: FakeFetch,
  options: Partial<TokenClientOptions> = CLIENT,
  target: TokenTarget = { audience: 'logging-service' },
): Promise<FetchedToken | TokenUnavailableError> => {
  const settings = clientSettings({ issuerUrl: ISSUER, ...options });
  return tokenSource(tokenRoutes(settings), fake.fetch)(requestedToken(target, settings));
};

describe('A token by client credentials', () => {
  it('is requested with Basic authentication and a form (RFC 6749 section 4.4)', async () => {
    const fake = new FakeFetch(() => json(OAUTH));
    expect(await ask(fake, CLIENT, { audience: 'logging-service', scope: 'logs:read logs:write' })).toEqual({
      token: 'a.b.c',
      lifetimeSeconds: 900,
    });
    const { url, method, headers, body } = fake.last;
    expect({ url, method }).toEqual({ url: `${ISSUER}/oauth2/token`, method: 'POST' });
    expect(headers.get('authorization')).toBe(BASIC);
    expect(headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      audience: 'logging-service',
      scope: 'logs:read logs:write',
    });
  });

  it('is requested without a scope if none is given', async () => {
    const fake = new FakeFetch(() => json(OAUTH));
    await ask(fake);
    expect(new URLSearchParams(fake.last.body).has('scope')).toBe(false);
  });
});

describe('A token by the JSON route', () => {
  it('is requested for a subject, with credentials if there are any', async () => {
    const fake = new FakeFetch(() => json(JSON_ROUTE));
    const target = { audience: 'logging-service', scope: 'logs:read' };
    expect(await ask(fake, { subject: 'user-42', ...CLIENT }, target)).toEqual({
      token: 'a.b.c',
      lifetimeSeconds: 900,
    });
    const { url, method, headers, body } = fake.last;
    expect({ url, method }).toEqual({ url: `${ISSUER}/token`, method: 'POST' });
    expect(headers.get('authorization')).toBe(BASIC);
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(body)).toEqual({ sub: 'user-42', aud: 'logging-service', scope: 'logs:read' });
  });

  it('is requested without credentials if there are none', async () => {
    const fake = new FakeFetch(() => json(JSON_ROUTE));
    await ask(fake, { subject: 'user-42' });
    expect(fake.last.headers.has('authorization')).toBe(false);
    expect(JSON.parse(fake.last.body)).toEqual({ sub: 'user-42', aud: 'logging-service' });
  });

  it('fails with the code of the response', async () => {
    const fake = new FakeFetch(() => json({ error: 'Audience not allowed', code: 'invalid_target' }, 403));
    expect(await ask(fake, { subject: 'user-42' })).toMatchObject({ status: 403, code: 'invalid_target' });
  });
});

describe('A response of the token endpoint', () => {
  it.each([
    [400, 'invalid_scope', false],
    [401, 'invalid_client', false],
    [429, 'too_many_requests', true],
    [500, 'server_error', true],
    [503, 'temporarily_unavailable', true],
  ])('with the status %d fails with the code %s', async (status, code, isOutage) => {
    const outcome = await ask(
      new FakeFetch(() => json({ error: code, error_description: 'marker' }, status)),
    );
    expect(outcome).toBeInstanceOf(TokenUnavailableError);
    expect(outcome).toMatchObject({
      status,
      code,
      isOutage,
      message: `No token: ${ISSUER}/oauth2/token: status ${status}, ${code}`,
    });
  });

  it.each(['Not a code', 'x'.repeat(65), 'marker:ü', 5, null, { a: 1 }, undefined])(
    'fails with the code invalid_response if its error is %j',
    async (error) => {
      expect(await ask(new FakeFetch(() => json({ error }, 400)))).toMatchObject({
        code: 'invalid_response',
      });
    },
  );

  it.each([
    ['120', 120],
    ['0', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
    ['9'.repeat(20), undefined],
  ])(
    'with Retry-After: %s sets retryAfterSeconds if that is a number of seconds',
    async (header, retryAfterSeconds) => {
      const fake = new FakeFetch(() => json({}, 503, { 'retry-after': header }));
      expect(await ask(fake)).toMatchObject({ retryAfterSeconds });
    },
  );

  it.each<[string, () => Response]>([
    ['has no token', () => json({ ...OAUTH, access_token: undefined })],
    ['has an empty token', () => json({ ...OAUTH, access_token: '' })],
    ['has a token that would break a header', () => json({ ...OAUTH, access_token: 'marker\r\nX: 1' })],
    ['has a token that is not a string', () => json({ ...OAUTH, access_token: 5 })],
    ['has another token_type', () => json({ ...OAUTH, token_type: 'DPoP' })],
    ['has no token_type', () => json({ ...OAUTH, token_type: undefined })],
    ['has no expires_in', () => json({ ...OAUTH, expires_in: undefined })],
    ['has an expires_in of 0', () => json({ ...OAUTH, expires_in: 0 })],
    ['has an expires_in that is a string', () => json({ ...OAUTH, expires_in: '900' })],
    ['has the field token of the JSON route', () => json(JSON_ROUTE)],
    ['is an array', () => json([OAUTH])],
    ['is HTML', () => new Response('<html>marker')],
  ])('with the status 200 is rejected if it %s', async (_name, response) => {
    const outcome = await ask(new FakeFetch(response));
    expect(outcome).toMatchObject({ status: 200, code: 'invalid_response' });
    expect((outcome as TokenUnavailableError).message).not.toContain('marker');
  });

  it('may have token_type in any case', async () => {
    const fake = new FakeFetch(() => json({ ...OAUTH, token_type: 'bearer' }));
    expect(await ask(fake)).toMatchObject({ token: 'a.b.c' });
  });

  it('that never arrives is an outage, with an error without the secret', async () => {
    const outcome = await ask(new FakeFetch(connectionRefused));
    expect(outcome).toMatchObject({ status: undefined, code: 'issuer_unreachable', isOutage: true });
    const error = outcome as TokenUnavailableError;
    expect(error.message).toBe(`No token: ${ISSUER}/oauth2/token: ECONNREFUSED`);
    expect(JSON.stringify(error) + String(error.stack)).not.toMatch(/marker|Basic/);
  });
});
