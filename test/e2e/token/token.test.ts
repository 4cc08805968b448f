import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const MISSING = { error: 'Missing required claims (sub, aud)', code: 'invalid_request' };
const VALID = { sub: 'user-42', aud: 'logging-service' };
const RESERVED = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'act', 'may_act', 'cnf'],
  ...['azp', 'scp', 'active', 'username', 'token_type', 'root', 'txn'],
];

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const ask = (members: Record<string, unknown>): Promise<ServiceResponse> =>
  service.post('/token', { ...VALID, ...members });

async function claimsWith(members: Record<string, unknown>): Promise<Readonly<Record<string, unknown>>> {
  return readToken(await service.issue(members)).claims;
}

describe('POST /token', () => {
  it('issues a token, with Cache-Control: no-store', async () => {
    const { status, body, headers } = await ask({});
    expect(status).toBe(200);
    expect(body).toEqual({ token: expect.any(String), token_type: 'Bearer', expires_in: 900 });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  });

  it('puts the requested scope, lifetime and claims into the token', async () => {
    const token = await service.issue({ scope: 'logs:write', expires_in: 60, claims: { tenant: 'acme' } });
    expect(readToken(token)).toEqual({
      header: { alg: 'HS256', typ: 'JWT', kid: expect.any(String) },
      claims: {
        iss: 'identity-backend',
        sub: 'user-42',
        aud: 'logging-service',
        scope: 'logs:write',
        iat: NEW_YEAR,
        exp: NEW_YEAR + 60,
        jti: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        ),
        tenant: 'acme',
      },
    });
  });

  it('accepts unknown fields, which the original clients send', async () => {
    const { status } = await ask({
      exp: 1,
      iss: 'somebody',
      purpose: { of: ['the', 'call'] },
      constructor: 'x',
    });
    expect(status).toBe(200);
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ; x=y',
  ])('accepts a body with the Content-Type %s', async (type) => {
    const response = await service.request('/token', {
      method: 'POST',
      body: JSON.stringify(VALID),
      headers: { 'content-type': type },
    });
    expect(response.status).toBe(200);
  });

  describe('sub and aud', () => {
    it.each([
      ['sub is absent', { sub: undefined }],
      ['sub is null', { sub: null }],
      ['sub is empty', { sub: '' }],
      ['sub is an empty array', { sub: [] }],
      ['aud is absent', { aud: undefined }],
      ['aud is null', { aud: null }],
      ['aud is empty', { aud: '' }],
      ['aud is an empty array', { aud: [] }],
      ['both are absent', { sub: undefined, aud: undefined }],
      ['aud is absent and scope is wrong', { aud: undefined, scope: ' ' }],
    ])('are missing if %s', async (_name, members) => {
      const { status, body } = await ask(members);
      expect({ status, body }).toEqual({ status: 400, body: MISSING });
    });

    it.each(['null', '[]', '"sub"', '1', '{}'])('are missing if the body is %s', async (text) => {
      const { status, body } = await service.postRaw('/token', text);
      expect({ status, body }).toEqual({ status: 400, body: MISSING });
    });

    it('are missing if there is no body', async () => {
      const { status, body } = await service.request('/token', { method: 'POST' });
      expect({ status, body }).toEqual({ status: 400, body: MISSING });
    });

    it.each([
      ['a number', 1],
      ['true', true],
      ['an object', { id: 1 }],
      ['256 characters', 'x'.repeat(256)],
      ['256 characters beyond the BMP', '😀'.repeat(256)],
      ['spaces', '  '],
      ['a no-break space', '\u00a0'],
      ['a line break', 'a\nb'],
      ['a NUL', 'a\0'],
      ['a DEL', 'a\u007f'],
      ['a C1 control', 'a\u0085b'],
      ['a lone surrogate', 'a\ud800'],
    ])('are each named in a 400 if they are or contain %s', async (_name, value) => {
      for (const member of ['sub', 'aud']) {
        const { status, body } = await ask({ [member]: value });
        expect([member, status, body['code']]).toEqual([member, 400, 'invalid_request']);
        expect(body['error']).toMatch(new RegExp(`^${member} `));
      }
    });

    it('may be 255 code points long', async () => {
      const long = '😀'.repeat(255);
      expect(await claimsWith({ sub: long, aud: 'x'.repeat(255) })).toMatchObject({ sub: long });
    });

    it.each([
      'José 東京 😀',
      ' inner  spaces ',
      'https://example.com/?a=b&c#d',
      'a"b\\c',
      '__proto__',
      'constructor',
    ])('may be %j', async (text) => {
      expect(await claimsWith({ sub: text, aud: text })).toMatchObject({ sub: text, aud: text });
    });
  });

  describe('aud', () => {
    it.each([['logging-service'], [['logging-service']], [['b-service', 'a-service']]])(
      'is in the token unchanged: %j',
      async (aud) => {
        expect((await claimsWith({ aud }))['aud']).toEqual(aud);
      },
    );

    it('may be 20 distinct names', async () => {
      const aud = Array.from({ length: 20 }, (_each, index) => `service-${index}`);
      expect((await claimsWith({ aud }))['aud']).toEqual(aud);
    });

    it.each([
      ['21 names', Array.from({ length: 21 }, (_each, index) => `service-${index}`)],
      ['a repeated name', ['a', 'b', 'a']],
      ['an empty name', ['a', '']],
      ['a null', ['a', null]],
      ['a nested array', [['a']]],
      ['a name that is too long', ['a', 'x'.repeat(256)]],
    ])('is named in a 400 if it contains %s', async (_name, aud) => {
      const { status, body } = await ask({ aud });
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
      expect(body['error']).toMatch(/^aud /);
    });

    it.each([['identity-backend'], [['identity-backend']], [['logging-service', 'identity-backend']]])(
      'cannot be the service itself: %j',
      async (aud) => {
        const { status, body, headers } = await ask({ aud });
        expect({ status, body }).toEqual({
          status: 403,
          body: { error: 'Audience not allowed', code: 'invalid_target' },
        });
        expect(headers.get('cache-control')).toBe('no-store');
      },
    );
  });

  describe('aud', () => {
    const REVOCATIONS = 'urn:identity-backend:revocations';
    it.each<[unknown]>([[REVOCATIONS], [[REVOCATIONS]], [['logging-service', REVOCATIONS]]])(
      'cannot be that of revocation lists: %j',
      async (aud) => {
        const { status, body } = await ask({ aud });
        expect({ status, body }).toEqual({
          status: 403,
          body: { error: 'Audience not allowed', code: 'invalid_target' },
        });
      },
    );
  });

  describe('scope', () => {
    it.each(['a', 'logs:write logs:read', '!#$%&()*+,-./:;<=>?@[]^_`{|}~', 'x'.repeat(1024)])(
      'may be %j',
      async (scope) => {
        expect((await claimsWith({ scope }))['scope']).toBe(scope);
      },
    );

    it.each([[''], [null]])('is omitted from the token if it is %j', async (scope) => {
      expect(await claimsWith({ scope })).not.toHaveProperty('scope');
    });

    it.each([
      ['a double space', 'a  b'],
      ['a leading space', ' a'],
      ['a trailing space', 'a '],
      ['spaces only', ' '],
      ['a tab', 'a\tb'],
      ['a line break', 'a\nb'],
      ['a quote', 'a"b'],
      ['a backslash', 'a\\b'],
      ['a character outside ASCII', 'é'],
      ['1025 bytes', 'x'.repeat(1025)],
      ['an array', ['a']],
      ['a number', 1],
    ])('is named in a 400 if it has or is %s', async (_name, scope) => {
      const { status, body } = await ask({ scope });
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
      expect(body['error']).toMatch(/^scope /);
    });

    it.each(['identity:admin', 'logs:read identity:introspect', 'identity:'])(
      'is denied to anonymous callers if it is a scope of the service itself: %j',
      async (scope) => {
        const { status, body } = await ask({ scope });
        expect({ status, body }).toEqual({
          status: 403,
          body: { error: 'Scope not allowed', code: 'invalid_scope' },
        });
      },
    );
  });

  describe('expires_in', () => {
    it.each([1, 60, 899, 900])('may be %d', async (expires_in) => {
      const { status, body } = await ask({ expires_in });
      expect({ status, expires_in: body['expires_in'] }).toEqual({ status: 200, expires_in });
      expect(readToken(String(body['token'])).claims['exp']).toBe(NEW_YEAR + expires_in);
    });

    it.each(['900.0', '9e2'])('may be an integer in any JSON notation: %s', async (text) => {
      const { status } = await service.postRaw('/token', `{"sub":"a","aud":"b","expires_in":${text}}`);
      expect(status).toBe(200);
    });

    it.each(['0', '-1', '901', '1e9', '0.5', '899.5', '1e400', '-1e400', '"60"', 'true', '[60]', '{}', '""'])(
      'is named in a 400 if it is %s',
      async (text) => {
        const { status, body } = await service.postRaw(
          '/token',
          `{"sub":"a","aud":"b","expires_in":${text}}`,
        );
        expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
        expect(body['error']).toMatch(/^expires_in /);
      },
    );

    it('defaults to the configured lifetime if it is null', async () => {
      expect((await ask({ expires_in: null })).body['expires_in']).toBe(900);
    });
  });

  describe('claims', () => {
    it('are in the token unchanged', async () => {
      const claims = {
        text: 'é 😀',
        number: -1.5e-7,
        nothing: null,
        list: [1, [2]],
        object: { a: { b: {} } },
      };
      expect(await claimsWith({ claims })).toMatchObject(claims);
    });

    it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'isPrototypeOf'])(
      'may have the name %s',
      async (name) => {
        const { status, body } = await ask({ claims: { [name]: 'as sent' } });
        expect(status).toBe(200);
        expect(Object.entries(readToken(String(body['token'])).claims)).toContainEqual([name, 'as sent']);
      },
    );

    it.each([[null], [{}]])('add nothing to the token if they are %j', async (claims) => {
      expect(Object.keys(await claimsWith({ claims })).sort()).toEqual([
        'aud',
        'exp',
        'iat',
        'iss',
        'jti',
        'sub',
      ]);
    });

    it.each(RESERVED)('cannot set %s', async (name) => {
      const { status, body } = await ask({ claims: { [name]: 'forged' } });
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
      expect(body['error']).toMatch(/^claims /);
    });

    it.each([
      ['an array', '[]'],
      ['a string', '"a"'],
      ['a number', '1'],
      ['false', 'false'],
      ['an empty string', '""'],
      ['an object with a number beyond the range of doubles', '{"a":1e400}'],
      ['an object with a lone surrogate', '{"a":["\\ud800"]}'],
      ['an object with a lone surrogate in a name', '{"\\ud800":1}'],
    ])('are named in a 400 if they are %s', async (_name, claims) => {
      const { status, body } = await service.postRaw('/token', `{"sub":"a","aud":"b","claims":${claims}}`);
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
      expect(body['error']).toMatch(/^claims /);
    });

    it('may be at most 4 KiB of JSON', async () => {
      const ofBytes = (bytes: number): Record<string, unknown> => ({ a: 'é'.repeat((bytes - 8) / 2) });
      expect(Buffer.byteLength(JSON.stringify(ofBytes(4096)))).toBe(4096);
      expect((await ask({ claims: ofBytes(4096) })).status).toBe(200);
      const { status, body } = await ask({ claims: ofBytes(4098) });
      expect(status).toBe(400);
      expect(body['error']).toMatch(/^claims /);
    });
  });

  it('rejects a request whose token would exceed 8 KiB', async () => {
    const aud = Array.from({ length: 20 }, (_each, index) => `${index}`.padEnd(255, '東'));
    const { status, body } = await ask({ aud });
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body['error']).toMatch(/8 KiB/);
  });
});
