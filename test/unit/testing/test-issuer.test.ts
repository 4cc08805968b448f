import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { TokenVerifier } from '../../../src/guard/index.js';
import {
  MovedClock,
  TestIssuer,
  type TestIssuerOptions,
  TOKEN_FAULTS,
  type TokenFault,
} from '../../../src/testing/index.js';
import { PUBLIC_ALGORITHMS, SHARED_ALGORITHMS } from '../../support/jose-key.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const started: TestIssuer[] = [];

async function start(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const issuer = await new TestIssuer(options).start();
  started.push(issuer);
  return issuer;
}

afterEach(async () => {
  for (const issuer of started.splice(0)) await issuer.stop();
});

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();

describe('TestIssuer', () => {
  it.each(PUBLIC_ALGORITHMS)(
    'makes tokens with %s that jose verifies with the key set',
    async (algorithm) => {
      const issuer = await start({ algorithm });
      const keySet = createRemoteJWKSet(new URL(issuer.jwksUri));
      const expected = { issuer: issuer.url, audience: 'test-service', algorithms: [algorithm] };
      const { payload, protectedHeader } = await jwtVerify(
        await issuer.token({ sub: 'user-42' }),
        keySet,
        expected,
      );
      expect(payload.sub).toBe('user-42');
      expect(protectedHeader).toMatchObject({ alg: algorithm, typ: 'JWT', kid: expect.any(String) });
    },
  );

  it.each(SHARED_ALGORITHMS)('makes tokens with %s that jose verifies with the secret', async (algorithm) => {
    const issuer = new TestIssuer({ algorithm });
    const { payload } = await jwtVerify(await issuer.token(), Buffer.from(issuer.secret));
    expect(payload).toMatchObject({ iss: 'test-issuer', aud: 'test-service', sub: 'test-subject' });
  });

  it('uses the given secret', async () => {
    const secret = 'a secret of the tests, of thirty-two bytes';
    const issuer = new TestIssuer({ algorithm: 'HS256', secret });
    expect(issuer.secret).toBe(secret);
    await expect(jwtVerify(await issuer.token(), Buffer.from(secret))).resolves.toBeDefined();
  });

  it('makes tokens at the time of its clock', async () => {
    const issuer = new TestIssuer({ clock: new MovedClock(), lifetimeSeconds: 60 });
    expect(decodeJwt(await issuer.token())).toMatchObject({ iat: NEW_YEAR, exp: NEW_YEAR + 60 });
  });

  it('adds claims, replaces its own by them, and omits those that are undefined', async () => {
    const issuer = new TestIssuer({ issuer: 'a', audience: 'b' });
    const claims = decodeJwt(await issuer.token({ aud: ['b', 'c'], scope: 'x', sub: undefined }));
    expect(claims).toEqual({
      iss: 'a',
      aud: ['b', 'c'],
      scope: 'x',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
    });
  });

  it('replaces fields of the header, and omits those that are undefined', async () => {
    const token = await new TestIssuer().token({}, { typ: 'at+jwt', kid: undefined });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt' });
  });

  it('gives each token its own jti', async () => {
    const issuer = new TestIssuer();
    const ids = await Promise.all([1, 2, 3].map(async () => decodeJwt(await issuer.token()).jti));
    expect(new Set(ids).size).toBe(3);
  });

  it('publishes metadata at both well-known URLs, and has no token endpoint', async () => {
    const issuer = await start({ maxAgeSeconds: 120 });
    const metadata = { issuer: issuer.url, jwks_uri: issuer.jwksUri };
    expect(await json(`${issuer.url}/.well-known/openid-configuration`)).toMatchObject(metadata);
    expect(await json(`${issuer.url}/.well-known/oauth-authorization-server`)).toMatchObject(metadata);
    const { headers } = await fetch(issuer.jwksUri);
    expect(headers.get('cache-control')).toBe('public, max-age=120');
    expect((await fetch(`${issuer.url}/token`)).status).toBe(404);
    expect(issuer.requests).toHaveLength(4);
  });

  it('never publishes a shared secret or the private part of a key', async () => {
    expect(await json((await start({ algorithm: 'HS256' })).jwksUri)).toEqual({ keys: [] });
    const { keys } = (await json((await start({ algorithm: 'RS256' })).jwksUri)) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
  });

  it('rotates its key, and keeps the previous one published unless it is revoked', async () => {
    const issuer = await start();
    const kid = async (): Promise<unknown> => decodeProtectedHeader(await issuer.token()).kid;
    const published = async (): Promise<unknown[]> =>
      ((await json(issuer.jwksUri)) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    const first = await kid();
    issuer.rotate();
    const second = await kid();
    expect(second).not.toBe(first);
    expect(await published()).toEqual([second, first]);
    issuer.rotate({ revoke: true });
    expect(await published()).toEqual([await kid()]);
    expect(() => new TestIssuer({ algorithm: 'HS256' }).rotate()).toThrow(TypeError);
  });

  it('goes down and comes back', async () => {
    const issuer = await start();
    issuer.goDown();
    await expect(fetch(issuer.jwksUri)).rejects.toThrow();
    issuer.comeBack();
    expect((await fetch(issuer.jwksUri)).status).toBe(200);
    expect(issuer.requests.length).toBeGreaterThanOrEqual(2);
  });

  it('throws if its URL is read before it is started or after it is stopped', async () => {
    expect(() => new TestIssuer().url).toThrow('The issuer is not started');
    const issuer = await new TestIssuer().start();
    await issuer.stop();
    expect(() => issuer.jwksUri).toThrow('The issuer is not started');
    expect(issuer.issuer).toBe('test-issuer');
  });
});

describe.each([...PUBLIC_ALGORITHMS, ...SHARED_ALGORITHMS])('TestIssuer.badToken with %s', (algorithm) => {
  const clock = new MovedClock();
  let issuer: TestIssuer;
  let verifier: TokenVerifier;
  beforeAll(async () => {
    issuer = await new TestIssuer({ issuer: 'identity-backend', algorithm, clock }).start();
    verifier = new TokenVerifier({
      issuer: 'identity-backend',
      audience: 'test-service',
      algorithms: [algorithm],
      clock,
      ...(issuer.secret === '' ? { jwksUri: issuer.jwksUri } : { secrets: [issuer.secret] }),
    });
  });
  afterAll(() => issuer.stop());

  it.each(Object.entries(TOKEN_FAULTS) as [TokenFault, string][])(
    'makes a token (%s) that is rejected with %s',
    async (fault, code) => {
      expect((await verifier.verify(await issuer.token())).code).toBe('valid');
      expect((await verifier.verify(await issuer.badToken(fault, { tenant: 'acme' }))).code).toBe(code);
    },
  );
});
