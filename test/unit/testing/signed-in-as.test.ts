import type { ContextType } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { claimsOf, findAcceptance } from '../../../src/guard/accepted-claims.js';
import { BearerRefusal } from '../../../src/guard/bearer-refusal.js';
import { signedInAs, type SignedInClaims } from '../../../src/testing/index.js';
import { executionContext } from '../../support/execution-context.js';

const RESPONSE = { header: () => undefined };

/** The claims that a handler sees, or the body of the refusal. */
async function outcomeOf(claims: SignedInClaims, request: object = { headers: {} }): Promise<unknown> {
  const context = executionContext([request, RESPONSE]);
  try {
    await signedInAs(claims).canActivate(context);
  } catch (cause) {
    if (cause instanceof BearerRefusal) return cause.body;
    throw cause;
  }
  return findAcceptance(context.getArgs())?.claims;
}

describe('signedInAs', () => {
  it('keeps the claims, with those that every token has', async () => {
    const now = Date.now() / 1000;
    const claims = await outcomeOf({ sub: 'user-42', scope: 'logs:read', tenant: { id: 'acme' } });
    expect(claims).toEqual({
      iss: 'test-issuer',
      sub: 'user-42',
      aud: 'test-service',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      scope: 'logs:read',
      tenant: { id: 'acme' },
    });
    const { iat, exp } = claims as { iat: number; exp: number };
    expect(exp - iat).toBe(300);
    expect(Math.abs(iat - now)).toBeLessThan(60);
  });

  it('replaces each of these', async () => {
    const claims = { iss: 'a', sub: 'b', aud: ['c', 'd'], iat: 1, exp: 4e9, jti: 'e', nbf: 2 };
    expect(await outcomeOf(claims)).toEqual(claims);
  });

  it('omits those that are undefined', async () => {
    const claims = await outcomeOf({ sub: undefined, jti: undefined });
    expect(Object.keys(claims as object)).toEqual(['iss', 'aud', 'iat', 'exp']);
  });

  it.each(['Bearer a.b.c', 'Basic YTpi', ''])(
    'accepts a request whose Authorization is %j',
    async (authorization) => {
      const request = { headers: { authorization } };
      expect(await outcomeOf({ sub: 'user-42' }, request)).toMatchObject({ sub: 'user-42' });
    },
  );

  it('gives each request a token of its own', async () => {
    const guard = signedInAs({});
    const requests = [{}, {}];
    for (const request of requests) await guard.canActivate(executionContext([request, RESPONSE]));
    const [first, second] = requests.map((request) => claimsOf(request)?.jti);
    expect(first).not.toBe(second);
  });

  it('is not changed by a later change of the claims', async () => {
    const claims = { sub: 'user-42' };
    const guard = signedInAs(claims);
    claims.sub = 'user-43';
    const request = {};
    await guard.canActivate(executionContext([request, RESPONSE]));
    expect(claimsOf(request)?.sub).toBe('user-42');
  });

  it.each<[string, SignedInClaims, string]>([
    ['an exp in the past', { exp: 1 }, 'token_expired'],
    ['an nbf in the future', { nbf: 4e9, exp: 5e9 }, 'token_not_yet_valid'],
    ['no exp', { exp: undefined }, 'malformed_token'],
    ['no aud', { aud: undefined }, 'invalid_audience'],
    ['no iss', { iss: undefined }, 'invalid_issuer'],
    ['a sub that is no string', { sub: 42 as never }, 'malformed_token'],
  ])('refuses as the guard does with %s', async (_, claims, code) => {
    expect(await outcomeOf(claims)).toMatchObject({ code });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an array', ['user-42']],
    ['a string', 'user-42'],
    ['a function', () => ({})],
  ])('throws for claims that are no object: %s', (kind, claims) => {
    expect(() => signedInAs(claims as never)).toThrow(
      new TypeError(`signedInAs: claims must be an object, not ${kind}`),
    );
  });

  it('throws for claims that JSON cannot express', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const claims of [{ id: 42n }, circular]) expect(() => signedInAs(claims)).toThrow(TypeError);
  });

  it.each<[string, ContextType | 'graphql', readonly unknown[]]>([
    ['HTTP', 'http', [{ headers: {} }, RESPONSE]],
    ['GraphQL', 'graphql', [undefined, {}, { req: { headers: {} } }, {}]],
    ['GraphQL without req', 'graphql', [{}, {}, {}, {}]],
    ['a message that is an object', 'rpc', [{ id: 1 }, {}]],
    ['a message that is text', 'rpc', ['text', {}]],
    ['a message that is null', 'rpc', [null, {}]],
    ['a WebSocket', 'ws', [{ handshake: {} }, 'text']],
  ])('lets handlers find the claims: %s', async (_, type, handlerArguments) => {
    const context = executionContext([...handlerArguments], type);
    expect(await signedInAs({ sub: 'user-42' }).canActivate(context)).toBe(true);
    expect(findAcceptance(context.getArgs())?.claims.sub).toBe('user-42');
  });

  it('keeps no claims with an object that all GraphQL requests share', async () => {
    const root = {};
    const context = executionContext([root, {}, {}, {}], 'graphql');
    await signedInAs({}).canActivate(context);
    expect(claimsOf(root)).toBeUndefined();
  });

  it.each([undefined, null])('does not fail if the GraphQL context is %s', async (graphql) => {
    const context = executionContext([{}, {}, graphql, {}], 'graphql');
    expect(await signedInAs({}).canActivate(context)).toBe(true);
  });
});
