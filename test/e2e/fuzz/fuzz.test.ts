import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base64Url, handMadeToken, signedParts } from '../../support/hand-made-token.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ algorithms: ['HS256', 'HS384'] });
});
afterAll(() => service.stop());

const RUNS = { numRuns: 150 };
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  text,
  fc.constantFrom(null, true, 0, -1, 1e21, '', [], {}),
);
const path = fc.constantFrom('/token', '/verify');

/** Expects a response of the contract, whatever was sent. */
function expectSound({ status, body, headers }: ServiceResponse): void {
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  if (status !== 200) expect(body).toMatchObject({ error: expect.any(String), code: expect.any(String) });
}

describe('POST /token and POST /verify never return 5xx for', () => {
  it('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.jsonValue({ maxDepth: 6 }), async (where, value) => {
        expectSound(await service.post(where, value));
      }),
      RUNS,
    );
  });

  it('any values of known fields', async () => {
    const members = fc.record(
      {
        sub: anything,
        aud: anything,
        scope: anything,
        expires_in: anything,
        claims: anything,
        token: anything,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(path, members, async (where, value) => {
        expectSound(await service.post(where, value));
      }),
      RUNS,
    );
  });

  it('any claims, including names of Object.prototype', async () => {
    const names = fc.oneof(
      text,
      fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype), 'toJSON', 'then', 'length'),
    );
    const claims = fc.dictionary(names, anything, { maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(claims, async (value) => {
        expectSound(await service.post('/token', { sub: 'a', aud: 'b', claims: value }));
      }),
      RUNS,
    );
  });

  it('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.uint8Array({ maxLength: 200 }), async (where, bytes) => {
        expectSound(await service.postRaw(where, new Uint8Array(bytes)));
      }),
      RUNS,
    );
  });

  it('JSON corrupted at any position', async () => {
    const whole = JSON.stringify({
      sub: 'é',
      aud: ['b', 'c'],
      claims: { a: [1, { b: '"\\' }] },
      token: 'x',
      scope: 'a',
    });
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.nat({ max: whole.length }),
        fc.nat({ max: 3 }),
        fc.string({ maxLength: 3 }),
        async (where, at, cut, put) => {
          expectSound(await service.postRaw(where, whole.slice(0, at) + put + whole.slice(at + cut)));
        },
      ),
      RUNS,
    );
  });

  it('any text as a token', async () => {
    const parts = fc.array(fc.oneof(text.map(base64Url), fc.stringMatching(/^[A-Za-z0-9_-]*$/)), {
      minLength: 1,
      maxLength: 5,
    });
    const tokens = fc.oneof(
      text,
      parts.map((each) => each.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(tokens, text, async (token, aud) => {
        expectSound(await service.verify(token, aud));
      }),
      RUNS,
    );
  });

  it('any header and any claims with a valid signature', async () => {
    const member = fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'x5c', 'cty', 'zip', 'constructor');
    const headers = fc.dictionary(member, anything, { maxKeys: 3, noNullPrototype: true });
    const claim = fc.constantFrom(
      'iss',
      'sub',
      'aud',
      'exp',
      'nbf',
      'iat',
      'jti',
      'scope',
      'cnf',
      'constructor',
      'toString',
    );
    const claims = fc.dictionary(claim, anything, { maxKeys: 4, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(headers, claims, async (header, changed) => {
        expectSound(await service.verify(handMadeToken({ header, claims: changed })));
      }),
      RUNS,
    );
  });

  it('any bytes with a valid signature', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), async (bytes) => {
        expectSound(await service.verify(signedParts('{"alg":"HS256"}', bytes)));
        expectSound(await service.verify(signedParts(bytes, '{"exp":9999999999}')));
      }),
      RUNS,
    );
  });

  it('any request headers', async () => {
    const value = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,40}[\x21-\x7e])?$/);
    const names = fc.constantFrom(
      'content-type',
      'content-encoding',
      'authorization',
      'x-request-id',
      'accept',
      'cookie',
      'x-forwarded-for',
      'x-forwarded-proto',
      'origin',
    );
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.dictionary(names, value, { maxKeys: 3, noNullPrototype: true }),
        async (where, headers) => {
          expectSound(await service.post(where, { sub: 'a', aud: 'b', token: 'c' }, headers));
        },
      ),
      RUNS,
    );
  });
});
