import { createPublicKey } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { type TokenSettings, TokenModule, TokenService } from '../../../src/index.js';
import { readToken } from '../../support/hand-made-token.js';
import { HostApp, SERVERS } from '../../support/host-app.js';
import {
  BrokenAudit,
  DoorGuard,
  hostModule,
  KeptAudit,
  NamingGuard,
  tokenOptions,
} from '../../support/host-module.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { pemOf, privateKeyFor, signingKeyFor } from '../../support/private-keys.js';
import { SECRET } from '../../support/settings.js';

const ES256_KEY = privateKeyFor('ES256');
const VALID = { sub: 'user-42', aud: 'logging-service' };
const MALFORMED = { error: 'Malformed JSON', code: 'invalid_request' };

const running: { close(): Promise<void> }[] = [];
const start = async (...parameters: Parameters<typeof HostApp.start>): Promise<HostApp> => {
  const host = await HostApp.start(...parameters);
  running.push(host.app);
  return host;
};
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
  KeptAudit.events.length = 0;
});

@Injectable()
class Signer {
  constructor(@Inject(TokenService) readonly tokens: TokenService) {}
}

/** A module of an application with its own TokenModule. */
function partOf(settings: TokenSettings & { readonly path: string }) {
  const { path, ...rest } = settings;
  @Module({
    imports: [TokenModule.forRoot({ ...rest, routes: { guards: [], path } })],
    providers: [Signer],
    exports: [Signer],
  })
  class Part {}
  return Part;
}

/** A module of the application that exports a setting. */
@Module({ providers: [{ provide: 'SECRET', useValue: SECRET }], exports: ['SECRET'] })
class SecretsModule {}

/** A catch-all exception filter of the application. */
@Catch()
class OwnFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>();
    response.status(418).send({ own: 'words' });
  }
}

describe.each(SERVERS)('TokenModule in an application on %s', (server) => {
  it('registers no routes by default', async () => {
    const host = await start(server, hostModule(tokenOptions(new MovedClock())));
    for (const route of ['/token', '/verify']) expect((await host.post(route, VALID)).status).toBe(404);
    const tokens = host.app.get(TokenService, { strict: false });
    expect(await tokens.issue({ subject: 'user-42', audience: 'logging-service' })).toMatchObject({
      code: 'issued',
      expiresIn: 900,
    });
  });

  it('uses the settings of an async factory', async () => {
    @Module({
      imports: [
        TokenModule.forRootAsync({
          imports: [SecretsModule],
          inject: ['SECRET'],
          useFactory: async (secret: string) => ({
            issuer: await Promise.resolve('https://issuer.example'),
            secret,
            lifetimeSeconds: 60,
          }),
          routes: { guards: [] },
        }),
      ],
    })
    class AsyncModule {}
    const host = await start(server, AsyncModule);
    const { body } = await host.post('/token', VALID);
    expect(body).toMatchObject({ expires_in: 60 });
    expect(readToken(String(body['token'])).claims['iss']).toBe('https://issuer.example');
  });

  it('can be imported twice, with different settings and paths', async () => {
    const clock = new MovedClock();
    const other = 'another-secret-of-the-tests-that-is-long-enough-for-HS512-0123456789abc';
    const [North, South] = [
      partOf({ issuer: 'north', secret: SECRET, path: 'north', clock }),
      partOf({
        issuer: 'south',
        secret: other,
        algorithms: ['HS512'],
        lifetimeSeconds: 60,
        path: 'south',
        clock,
      }),
    ];
    @Module({ imports: [North, South] })
    class BothModule {}
    const host = await start(server, BothModule);
    const asked = await Promise.all(['/north', '/south'].map((path) => host.post(`${path}/token`, VALID)));
    const [north = '', south = ''] = asked.map(({ body }) => String(body['token']));
    expect(readToken(north)).toMatchObject({
      header: { alg: 'HS256' },
      claims: { iss: 'north', exp: NEW_YEAR + 900 },
    });
    expect(readToken(south)).toMatchObject({
      header: { alg: 'HS512' },
      claims: { iss: 'south', exp: NEW_YEAR + 60 },
    });

    const verify = async (path: string, token: string) =>
      (await host.post(`${path}/verify`, { token, aud: 'logging-service' })).body;
    expect(await verify('/north', north)).toMatchObject({ valid: true });
    expect(await verify('/south', south)).toMatchObject({ valid: true });
    expect(await verify('/north', south)).toMatchObject({ code: 'invalid_signature' });
    expect(await verify('/south', north)).toMatchObject({ code: 'invalid_signature' });

    const issuerOf = (part: typeof North) =>
      host.app.select(part).get(Signer, { strict: true }).tokens.verify({ token: north }).code;
    expect([issuerOf(North), issuerOf(South)]).toEqual(['valid', 'invalid_signature']);
  });

  it('ignores what a guard of the application puts on the request', async () => {
    const routes = { guards: [NamingGuard], audit: KeptAudit };
    const host = await start(server, hostModule(tokenOptions(new MovedClock(), { routes })));
    const { status, body } = await host.post('/token', VALID);
    expect({ status, body }).toMatchObject({ status: 200, body: { expires_in: 900 } });
    expect(readToken(String(body['token'])).claims).not.toHaveProperty('client_id');
    expect(KeptAudit.events.at(-1)?.event).toMatchObject({ event: 'token.issued', client_id: undefined });
  });

  it('applies the guards of the application, and sends their errors unchanged', async () => {
    const routes = { guards: [DoorGuard], audit: KeptAudit };
    const host = await start(server, hostModule(tokenOptions(new MovedClock(), { routes })));
    expect(await host.post('/token', VALID)).toMatchObject({
      status: 403,
      body: { own: 'The door is shut' },
    });
    const bearer = { 'x-door': 'open', authorization: 'Bearer of-the-application' };
    expect((await host.post('/token', VALID, bearer)).status).toBe(200);
    expect((await host.post('/verify', { token: 'x', aud: 'y' })).status).toBe(401);
  });

  it('leaves routes of the application unchanged, including /users/verify', async () => {
    const host = await start(server, hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } })));
    const form = await host.request('/users/verify', {
      method: 'POST',
      body: new URLSearchParams({ code: '7' }),
    });
    expect(form).toMatchObject({ status: 200, body: { echo: { code: '7' } } });
    expect(form.headers.get('cache-control')).toBeNull();
    const double = await host.post('/users/verify', '{"a":1,"a":2}');
    expect(double).toMatchObject({ status: 200, body: { echo: { a: 2 } } });
    const broken = await host.post('/users/verify', '{');
    expect(broken.status).toBe(400);
    expect(broken.body).not.toHaveProperty('code', 'invalid_request');
  });

  it('keeps its own errors if the application has a catch-all exception filter', async () => {
    const module = hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } }));
    const host = await start(server, module, { prepare: (app) => app.useGlobalFilters(new OwnFilter()) });
    expect(await host.post('/token', '{')).toMatchObject({ status: 400, body: MALFORMED });
    expect(await host.post('/token', {})).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(await host.post('/users/verify', '{')).toMatchObject({ status: 418, body: { own: 'words' } });
  });

  it('responds with 500 to an internal error, and logs the cause without the token', async () => {
    const lines: string[] = [];
    const keep = (...words: unknown[]): void => void lines.push(words.join(' '));
    const logger = { log: keep, error: keep, warn: keep, debug: keep, verbose: keep, fatal: keep };
    const routes = { guards: [], audit: BrokenAudit };
    const host = await start(server, hostModule(tokenOptions(new MovedClock(), { routes })), { logger });
    expect(await host.post('/token', VALID)).toMatchObject({
      status: 500,
      body: { error: 'Internal error', code: 'internal_error' },
    });
    expect(lines.join('\n')).toContain('No space left');
    expect(lines.join('\n')).not.toContain('some-token');
  });

  it('writes audit events, but no tokens, to the log of the application', async () => {
    const lines: string[] = [];
    const keep = (...words: unknown[]): void => void lines.push(words.join(' '));
    const logger = { log: keep, error: keep, warn: keep };
    const host = await start(server, hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } })), {
      logger,
    });
    const { body } = await host.post('/token', VALID, { 'x-request-id': 'call-9' });
    const token = String(body['token']);
    const audited = lines.filter((line) => line.includes('token.issued'));
    expect(audited).toHaveLength(1);
    expect(audited[0]).toContain('"requestId":"call-9"');
    expect(audited[0]).toContain(String(readToken(token).claims['jti']));
    await host.post('/token', { sub: token, aud: 'logging-service' });
    expect(lines.join('\n')).not.toContain(token);
  });

  it('applies the CORS options of the application', async () => {
    const module = hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } }));
    const host = await start(server, module, { cors: { origin: 'https://app.example' } });
    const { status, headers } = await host.request('/token', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
    const response = await host.post('/token', VALID, { origin: 'https://app.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('responds with 500 if RouterModule moves its routes', async () => {
    @Module({
      imports: [
        TokenModule.forRoot(tokenOptions(new MovedClock(), { routes: { guards: [] } })),
        RouterModule.register([{ path: 'moved', module: TokenModule }]),
      ],
    })
    class MovedModule {}
    const host = await start(server, MovedModule);
    expect((await host.post('/moved/token', VALID)).status).toBe(500);
  });

  it('serves its routes in a TestingModule, which is compiled before its server exists', async () => {
    const module = hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } }));
    const testing = await Test.createTestingModule({ imports: [module] }).compile();
    const adapter = server === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = testing.createNestApplication(adapter, { logger: false });
    running.push(app);
    const host = await HostApp.listen(app);
    expect(await host.post('/token', '{')).toMatchObject({ status: 400, body: MALFORMED });
    expect((await host.post('/token', VALID)).status).toBe(200);
  });

  it('uses the request ID of the application if the caller sends none', async () => {
    const routes = { guards: [], audit: KeptAudit };
    const adapter =
      server === 'Express' ? new ExpressAdapter() : new FastifyAdapter({ genReqId: () => 'own-1' });
    const module = hostModule(tokenOptions(new MovedClock(), { routes }));
    const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
    running.push(app);
    const host = await HostApp.listen(app);
    const { headers } = await host.post('/token', VALID);
    expect(KeptAudit.events[0]?.requestId).toBe(headers.get('x-request-id'));
    if (server === 'Fastify') expect(headers.get('x-request-id')).toBe('own-1');
  });
});

describe('TokenModule', () => {
  it.each([
    [{ issuer: ' ' }, /issuer/],
    [{ secret: 'short' }, /secret.* 32 bytes/],
    [{ algorithms: ['HS512', 'HS256'] as const, secret: 'x'.repeat(63) }, /secret.* 64 bytes/],
    [{ previousSecrets: ['short'] }, /previousSecrets/],
    [
      {
        algorithms: ['ES256'] as const,
        privateKeys: [ES256_KEY],
        audienceAlgorithms: new Map([['logging-service', ['HS256'] as const]]),
        secret: 'x'.repeat(31),
      },
      /secret.* 32 bytes/,
    ],
    [
      { audienceAlgorithms: new Map([['logging-service', ['HS512'] as const]]), secret: SECRET.slice(0, 32) },
      /secret.* 64 bytes/,
    ],
    [
      {
        audienceAlgorithms: new Map([
          ['https://a.example', ['HS256'] as const],
          ['https://A.example/', ['HS256'] as const],
        ]),
      },
      /audienceAlgorithms must name each audience once/,
    ],
    [{ secret: ' '.repeat(64) }, /secret.* nothing but white space/],
    [{ secret: 'changeme'.repeat(4) }, /secret.* is a known placeholder/],
    [{ secret: 'a'.repeat(32) }, /secret.* is a known placeholder/],
    [{ secret: 'abc'.repeat(20) }, /secret.* is a short text repeated/],
    [{ secret: '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qz"}' }, /secret.* PEM or JWK/],
    [{ previousSecrets: [SECRET, '\n'.repeat(64)] }, /previousSecrets\[1\] is nothing but white space/],
    [{ algorithms: [] }, /algorithms/],
    [{ algorithms: ['none' as 'HS256'] }, /algorithms/],
    [{ lifetimeSeconds: 0 }, /lifetimeSeconds/],
    [{ lifetimeSeconds: 1.5 }, /lifetimeSeconds/],
    [{ clockToleranceSeconds: 61 }, /clockToleranceSeconds/],
    [
      { algorithms: ['ES256'] as const, privateKeys: [ES256_KEY, 'x'] },
      /privateKeys\[1\] is not a private key/,
    ],
    [{ privateKeys: [ES256_KEY] }, /privateKeys\[0\] fits none of .*in force \(none\): it is for ES256/],
    [{ privateKeys: [createPublicKey(ES256_KEY)] }, /privateKeys\[0\] is not a private key/],
    [{ privateKeys: [createPublicKey(ES256_KEY).export({ format: 'jwk' })] }, /privateKeys\[0\] is not/],
  ])('rejects %j with a TypeError that matches %s', (changes, words) => {
    const settings = { issuer: 'identity-backend', secret: SECRET, ...changes };
    expect(() => TokenModule.forRoot(settings)).toThrow(words);
    expect(() => TokenModule.forRoot(settings)).toThrow(TypeError);
  });

  it('treats an undefined option as omitted', async () => {
    const module = TokenModule.forRoot({
      issuer: 'identity-backend',
      secret: SECRET,
      algorithms: undefined,
      audienceAlgorithms: undefined,
      previousSecrets: undefined,
      privateKeys: undefined,
      importedKeys: undefined,
      lifetimeSeconds: undefined,
      clockToleranceSeconds: undefined,
      showFingerprints: undefined,
      allowWeakSecrets: undefined,
      clock: undefined,
      global: undefined,
      routes: undefined,
    });
    const context = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
    running.push(context);
    const tokens = context.get(TokenService);
    const outcome = await tokens.issue({ subject: 'user-42', audience: 'logging-service' });
    expect(outcome).toMatchObject({ code: 'issued', algorithm: 'HS256', expiresIn: 900 });
  });

  it('fails at startup if the factory returns invalid settings', async () => {
    const module = TokenModule.forRootAsync({ useFactory: () => ({ issuer: 'a', secret: 'short' }) });
    await expect(
      NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }),
    ).rejects.toThrow(/secret/);
  });

  it.each([
    ['PEM', pemOf(ES256_KEY)],
    ['a JWK', ES256_KEY.export({ format: 'jwk' })],
    ['a JWK in a string', JSON.stringify(ES256_KEY.export({ format: 'jwk' }))],
    ['a KeyObject', ES256_KEY],
  ])('accepts a private key as %s', async (_name, key) => {
    const module = TokenModule.forRoot({ issuer: 'a', algorithms: ['ES256'], privateKeys: [key] });
    const context = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
    running.push(context);
    const outcome = await context
      .get(TokenService)
      .issue({ subject: 'user-42', audience: 'logging-service' });
    expect(readToken(outcome.code === 'issued' ? outcome.token : '').header).toEqual({
      alg: 'ES256',
      typ: 'JWT',
      kid: signingKeyFor('ES256').id,
    });
  });

  it('fails at startup if an algorithm has no key', async () => {
    const module = TokenModule.forRoot({ issuer: 'a', secret: SECRET, algorithms: ['HS256', 'RS256'] });
    await expect(
      NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }),
    ).rejects.toThrow('RS256 needs a private key');
  });

  it('is available in every module if it is global', async () => {
    @Module({ providers: [Signer], exports: [Signer] })
    class UserModule {}
    const global = TokenModule.forRoot({ issuer: 'a', secret: SECRET, global: true });
    @Module({ imports: [UserModule, global] })
    class GlobalModule {}
    const context = await NestFactory.createApplicationContext(GlobalModule, { logger: false });
    running.push(context);
    expect(context.get(Signer, { strict: false }).tokens.ownAudience).toBe('a');
  });

  it('accepts a weak secret with allowWeakSecrets', () => {
    expect(() => TokenModule.forRoot({ issuer: 'a', secret: 'short', allowWeakSecrets: true })).not.toThrow();
  });
});
