import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { VALID_CLAIMS, handMadeToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const MISSING = { valid: false, error: 'Missing required fields (token, aud)', code: 'invalid_request' };

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ previousSecrets: [PREVIOUS_SECRET] });
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

describe('POST /verify', () => {
  it('returns every claim of a valid token as signed', async () => {
    const claims = {
      scope: 'a',
      cnf: { jkt: 'x' },
      constructor: 'c',
      toJSON: [1.5, null],
      nbf: NEW_YEAR,
      東: '京',
    };
    const { status, body, headers } = await service.verify(handMadeToken({ claims }));
    expect({ status, valid: body['valid'] }).toEqual({ status: 200, valid: true });
    expect(Object.entries(body['claims'] as object).sort()).toEqual(
      Object.entries({ ...VALID_CLAIMS, ...claims }).sort(),
    );
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('accepts a token of /token for each of its audiences', async () => {
    const token = await service.issue({ aud: ['a-service', 'b-service'], claims: { tenant: 'acme' } });
    for (const aud of ['a-service', 'b-service']) {
      const { status, body } = await service.verify(token, aud);
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { claims: { sub: 'user-42', tenant: 'acme' } },
      });
    }
  });

  it.each([
    ['Token expired', 'token_expired', { claims: { exp: NEW_YEAR - 12 } }, /\b12 seconds\b/],
    ['Token expired', 'token_expired', { claims: { exp: NEW_YEAR } }, /\b0 seconds\b/],
    ['Token not yet valid', 'token_not_yet_valid', { claims: { nbf: NEW_YEAR + 60 } }, /\b60 seconds\b/],
    ['Token not yet valid', 'token_not_yet_valid', { claims: { iat: NEW_YEAR + 1 } }, /\b1 second\b/],
    ['Invalid issuer', 'invalid_issuer', { claims: { iss: 'another' } }, /"another".*"identity-backend"/],
    ['Invalid issuer', 'invalid_issuer', { claims: { iss: undefined } }, /"identity-backend"/],
    [
      'Invalid audience',
      'invalid_audience',
      { claims: { aud: 'a-service' } },
      /"a-service".*"logging-service"/,
    ],
    ['Invalid issuer', 'invalid_issuer', { claims: { iss: 'a\u202Eb' } }, /"a\\u202eb".*"identity-backend"/],
    ['Invalid audience', 'invalid_audience', { claims: { aud: 'a\u200B' } }, /"a\\u200b".*"logging-service"/],
    ['Invalid audience', 'invalid_audience', { claims: { aud: [] } }, /"logging-service"/],
    ['Invalid signature', 'invalid_signature', { secret: 'x'.repeat(32) }, /no kid.*2 keys/],
    [
      'Invalid signature',
      'invalid_signature',
      { header: { kid: 'k' }, secret: 'x'.repeat(32) },
      /unknown kid.*2 keys/,
    ],
    ['Invalid signature', 'invalid_signature', { header: { alg: 'RS256' } }, /0 keys/],
    ['Invalid signature', 'invalid_signature', { claims: { aud: 'identity-backend' } }, /aud/],
    ['Invalid token', 'malformed_token', { header: { alg: 'none' } }, /algorithm/],
    ['Invalid token', 'malformed_token', { header: { crit: ['exp'] } }, /crit/],
    ['Invalid token', 'malformed_token', { claims: { exp: undefined } }, /exp/],
    ['Invalid token', 'malformed_token', { claims: { jti: '' } }, /jti/],
  ])('returns "%s" (%s) for %j', async (error, code, difference, hint) => {
    const { status, body, headers } = await service.verify(handMadeToken(difference));
    expect({ status, body }).toEqual({
      status: 401,
      body: { valid: false, error, code, hint: expect.stringMatching(hint) },
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('discloses no claim of a token with an invalid signature', async () => {
    const token = handMadeToken({
      secret: 'x'.repeat(32),
      claims: { exp: 1, iss: 'marker', aud: 'marker', sub: 'marker' },
    });
    const { body, text } = await service.verify(token);
    expect(body['code']).toBe('invalid_signature');
    expect(text).not.toContain('marker');
  });

  it('accepts a previous secret, but not an unknown one', async () => {
    expect((await service.verify(handMadeToken({ secret: PREVIOUS_SECRET }))).status).toBe(200);
    expect((await service.verify(handMadeToken({ secret: SECRET.toUpperCase() }))).status).toBe(401);
  });

  it('checks the times of a token against the clock', async () => {
    const token = await service.issue({ expires_in: 60 });
    service.clock.advance(59);
    expect((await service.verify(token)).status).toBe(200);
    service.clock.advance(1);
    expect((await service.verify(token)).body['code']).toBe('token_expired');
    service.clock.set(NEW_YEAR - 1);
    expect((await service.verify(token)).body['code']).toBe('token_not_yet_valid');
  });

  it('accepts an aud of 255 characters outside ASCII', async () => {
    const aud = '東'.repeat(255);
    expect((await service.verify(await service.issue({ aud }), aud)).status).toBe(200);
  });

  it.each([
    ['a leading space', (token: string) => ` ${token}`],
    ['a trailing line break', (token: string) => `${token}\n`],
    ['the scheme Bearer in front', (token: string) => `Bearer ${token}`],
    ['a trailing lone surrogate', (token: string) => `${token}\ud800`],
  ])('rejects a token with %s as malformed', async (_name, change) => {
    expect((await service.verify(change(handMadeToken()))).body['code']).toBe('malformed_token');
  });

  describe('rejects with "Missing required fields"', () => {
    const token = handMadeToken();

    it.each([
      ['no token', { aud: 'a' }],
      ['no aud', { token }],
      ['an empty token', { token: '', aud: 'a' }],
      ['an empty aud', { token, aud: '' }],
      ['a null token', { token: null, aud: 'a' }],
      ['a null aud', { token, aud: null }],
      ['a token that is an object', { token: { a: 1 }, aud: 'a' }],
      ['a token in an array', { token: [token], aud: 'a' }],
      ['an aud in an array', { token, aud: ['logging-service'] }],
      ['an aud that is a number', { token, aud: 1 }],
      ['an aud of spaces', { token, aud: '  ' }],
      ['an aud with a control character', { token, aud: 'a\nb' }],
      ['an aud with a lone surrogate', { token, aud: 'a\ud800' }],
      ['an empty object', {}],
      ['an array', []],
    ])('%s', async (_name, body) => {
      const response = await service.post('/verify', body);
      expect({ status: response.status, body: response.body }).toEqual({ status: 400, body: MISSING });
      expect(response.headers.get('cache-control')).toBe('no-store');
    });

    it('a missing body', async () => {
      const { status, body } = await service.request('/verify', { method: 'POST' });
      expect({ status, body }).toEqual({ status: 400, body: MISSING });
    });
  });
});

describe('POST /verify, for a token that was damaged on its way,', () => {
  it.each<[string, (token: string) => string, RegExp]>([
    ['Bearer in front', (token) => `Bearer ${token}`, /such as Bearer/],
    ['a trailing line break', (token) => `${token}\n`, /line end/],
    ['quotes', (token) => `"${token}"`, /quotes/],
    ['wrapped in JSON', (token) => JSON.stringify({ token }), /within JSON/],
    ['no signature', (token) => token.replace(/\.[^.]*$/, ''), /2 parts of 3/],
    ['four characters missing', (token) => token.slice(0, -4), /39 of 43 characters/],
    ['beginning missing', (token) => token.slice(4), /beginning/],
  ])('hints at the likely cause without quoting the token: %s', async (_name, spoil, words) => {
    const token = await service.issue();
    const { status, body } = await service.verify(spoil(token));
    expect(status).toBe(401);
    expect(['malformed_token', 'invalid_signature']).toContain(body['code']);
    expect(body['hint']).toMatch(words);
    expect(body['hint']).not.toContain(token.slice(-20, -5));
  });
});

describe('POST /verify, depending on its settings,', () => {
  const badToken = handMadeToken({ secret: 'x'.repeat(32) });
  const hintOf = async (
    changes: Parameters<typeof RunningApp.start>[0],
    ask: (app: RunningApp) => Promise<ServiceResponse>,
  ): Promise<string> => {
    const app = await RunningApp.start(changes);
    const { body } = await ask(app);
    await app.stop();
    return String(body['hint'] ?? body['valid']);
  };

  it.each([
    [true, /fingerprint [0-9a-f]{16}/],
    [false, /^(?!.*fingerprint)/],
  ])('names keys by fingerprint if /debug-env is on: %s', async (debugEnv, words) => {
    const hint = await hintOf({ debugEnv }, (app) => app.verify(badToken));
    expect(hint).toMatch(words);
    expect(hint).not.toContain(SECRET);
  });

  it('accepts an expired token within the clock tolerance', async () => {
    const late = (app: RunningApp): Promise<ServiceResponse> => {
      app.clock.set(VALID_CLAIMS.exp + 29);
      return app.verify(handMadeToken());
    };
    expect(await hintOf({ clockToleranceSeconds: 30 }, late)).toBe('true');
    expect(await hintOf({ clockToleranceSeconds: 29 }, late)).toContain('29 seconds');
  });

  it('accepts every configured algorithm; /token signs with the first', async () => {
    const app = await RunningApp.start({ algorithms: ['HS512', 'HS256'] });
    const signed = await app.issue();
    expect(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString()).toContain('"alg":"HS512"');
    const codes = await Promise.all(
      [signed, ...['HS256', 'HS384', 'HS512'].map((algorithm) => handMadeToken({ algorithm }))].map(
        async (token) => (await app.verify(token)).body['code'],
      ),
    );
    await app.stop();
    expect(codes).toEqual([undefined, undefined, 'invalid_signature', undefined]);
  });
});
