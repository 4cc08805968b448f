import { Controller, Get, type INestApplicationContext, Module, type Type, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  type TokenFrom,
} from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';
import { exchange } from '../../support/raw-exchange.js';

const first = new TestIssuer({ issuer: 'first', algorithm: 'HS256' });
const second = new TestIssuer({ issuer: 'second', algorithm: 'HS256' });

interface Tenant {
  tenant: string;
}
const isTenant = (claims: Claims): claims is Claims<Tenant> => typeof claims['tenant'] === 'string';

@Controller()
@UseGuards(JwtAuthGuard)
class TenantController {
  @Get()
  read(@CurrentToken() { iss = '', tenant }: Claims<Tenant>): string {
    return `${tenant.toUpperCase()} of ${iss}`;
  }
}

function moduleWith(options: Partial<IdentityAuthOptions>): Type {
  const issuers = [
    { issuer: 'first', audience: 'api', secrets: [first.secret] },
    { issuer: 'second', audience: 'api', secrets: [second.secret] },
  ];
  @Module({
    imports: [IdentityAuthModule.forRoot({ issuers, check: isTenant, ...options })],
    controllers: [TenantController],
  })
  class GuardedModule {}
  return GuardedModule;
}

describe.each(PLATFORMS)('a guard on %s', (platform) => {
  let service: GuardedApp | undefined;
  afterEach(() => service?.stop());

  const start = async (options: Partial<IdentityAuthOptions> = {}): Promise<GuardedApp> =>
    (service = await GuardedApp.start(platform, moduleWith(options)));

  it('accepts the tokens of several issuers on one route', async () => {
    const app = await start();
    for (const issuer of [first, second]) {
      const response = await app.get('/', await issuer.token({ aud: 'api', tenant: 'acme' }));
      expect(response).toMatchObject({
        status: 200,
        body: `ACME of ${issuer === first ? 'first' : 'second'}`,
      });
    }
    const forged = new TestIssuer({ issuer: 'first', algorithm: 'HS256' });
    expect(await app.get('/', await forged.token({ aud: 'api', tenant: 'acme' }))).toMatchObject({
      status: 401,
      body: { code: 'invalid_signature' },
    });
  });

  it.each([
    ['invalid_claims', 'Invalid claims', { tenant: 7 }],
    ['proof_required', 'Proof required', { tenant: 'acme', cnf: { jkt: 'x' } }],
  ])('refuses with 401 %s', async (code, error, claims) => {
    const app = await start();
    expect(await app.get('/', await first.token({ aud: 'api', ...claims }))).toMatchObject({
      status: 401,
      challenge: `Bearer realm="api", error="invalid_token", error_description="${error}"`,
      body: { code, error, hint: expect.any(String) },
    });
  });

  it.each<[string, TokenFrom, string]>([
    ['a cookie', { cookie: '__Host-token' }, 'Cookie: a=b; __Host-token=TOKEN'],
    ['two Cookie headers', { cookie: 'token' }, 'Cookie: a=b\r\nCookie: token=TOKEN'],
    ['a header', { header: 'X-Token' }, 'x-token: TOKEN'],
    ['a function', (request: { headers: { x?: string } }) => request.headers.x?.slice(1), 'X: .TOKEN'],
  ])('reads the token from %s', async (_name, tokenFrom, header) => {
    const { origin } = await start({ tokenFrom });
    const token = await first.token({ aud: 'api', tenant: 'acme' });
    expect(await send(origin, header.replace('TOKEN', token))).toMatchObject({ status: 200 });
    expect(await send(origin, `Authorization: Bearer ${token}`)).toMatchObject({
      status: 401,
      body: { code: 'missing_token' },
    });
  });

  it.each<[string, TokenFrom, string]>([
    ['cookie in one header', { cookie: 'token' }, 'Cookie: token=TOKEN; token=TOKEN'],
    ['cookie in two headers', { cookie: 'token' }, 'Cookie: token=TOKEN\r\nCookie: token=TOKEN'],
    ['header', { header: 'X-Token' }, 'X-Token: TOKEN\r\nx-token: TOKEN'],
  ])('refuses a repeated %s', async (_name, tokenFrom, header) => {
    const { origin } = await start({ tokenFrom });
    const token = await first.token({ aud: 'api', tenant: 'acme' });
    expect(await send(origin, header.replaceAll('TOKEN', token))).toMatchObject({
      status: 401,
      body: { code: 'malformed_token' },
    });
  });
});

async function send(origin: string, header: string): Promise<unknown> {
  const { responses } = await exchange(origin, `GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
  return responses[0];
}

describe('an application with a guard', () => {
  const startWith = (useFactory: () => unknown): Promise<INestApplicationContext> =>
    NestFactory.createApplicationContext(
      IdentityAuthModule.forRootAsync({ useFactory: useFactory as () => IdentityAuthOptions }),
      { logger: false, abortOnError: false },
    );

  it.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a string', () => 'secret'],
  ])('does not start if the factory of the options returns %s', async (kind, useFactory) => {
    await expect(startWith(useFactory)).rejects.toThrow(
      `IdentityAuthModule: the options must be an object, not ${kind} (does the factory return them?)`,
    );
  });

  it('fetches the keys at start with hydrate, and starts without them', async () => {
    const requested: string[] = [];
    const fetch = (input: unknown): Promise<never> => {
      requested.push(String(input));
      return Promise.reject(new TypeError('fetch failed'));
    };
    const jwksUri = 'https://one.example/jwks';
    const context = await startWith(() => ({ issuer: 'one', audience: 'a', jwksUri, hydrate: true, fetch }));
    expect(requested).toEqual([jwksUri]);
    await context.close();
  });

  it('does not start if the class that checks the claims has no decorators', async () => {
    class Undecorated {
      tenant = '';
    }
    const options = { issuer: 'first', audience: 'api', secrets: [first.secret], check: Undecorated };
    await expect(startWith(() => options)).rejects.toThrow('has no decorators of class-validator');
  });
});
