import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { TestIssuer } from '../../src/testing/index.js';
import { bearerHeaders, type ReceivedResponse, request } from '../support/http-request.js';
import { linkInstalledPackages, pack } from '../support/packed-package.js';
import { Program } from '../support/program.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SECRET = 'a-secret-of-the-two-copies-that-no-service-uses-0123456789';
const issuer = new TestIssuer({
  issuer: 'test-issuer',
  audience: 'copies',
  algorithm: 'HS256',
  secret: SECRET,
});

/** Has the guard of one copy, and handlers with the decorators of the other. */
const SOURCE = `
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const { GUARD, DECORATORS, SECRET, SECOND } = process.env;
const { IdentityAuthModule, JwtAuthGuard } = await import(GUARD + '/guard');
const other = await import(DECORATORS + '/guard');
if (other.JwtAuthGuard === JwtAuthGuard) throw new Error('There is only one copy');

@Controller()
class AppController {
  @Get('ping')
  @other.Public()
  ping(@other.CurrentToken() claims) {
    return { claims: claims ?? null };
  }

  @Get('maybe')
  @other.OptionalToken()
  maybe(@other.CurrentToken('sub') subject) {
    return { subject: subject ?? null };
  }

  @Get('scoped')
  @other.RequireScopes('read')
  scoped(@other.CurrentToken() claims) {
    return { subject: claims.sub };
  }

  @Get('role')
  @other.RequireClaims({ role: 'admin' })
  role(@other.CurrentToken('role') role) {
    return { role };
  }
}

const options = { issuer: 'test-issuer', audience: 'copies', secrets: [SECRET] };
const second = SECOND ? [other.IdentityAuthModule.forRoot({ ...options, audience: 'others' })] : [];

@Module({
  imports: [IdentityAuthModule.forRoot(options), ...second],
  controllers: [AppController],
  providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(0, '127.0.0.1');
console.log('Listening on ' + (await app.getUrl()));
`;

const COPIES = [
  ['@acme/identity-backend', '@acme/identity-client'],
  ['@acme/identity-client', '@acme/identity-backend'],
] as const;

let folder: string;

beforeAll(() => {
  folder = realpathSync(temporaryDirectory());
  const modules = join(folder, 'node_modules');
  linkInstalledPackages(modules);
  for (const packed of Object.values(pack(folder))) packed.unpackInto(modules);
  const { ESNext: module } = ts.ModuleKind;
  const compilerOptions = { module, target: ts.ScriptTarget.ES2023, experimentalDecorators: true };
  writeFileSync(join(folder, 'app.mjs'), ts.transpileModule(SOURCE, { compilerOptions }).outputText);
}, 120_000);

describe.each(COPIES)('the guard of %s and the decorators of %s in one process', (guard, decorators) => {
  let origin: string;

  const start = (environment: NodeJS.ProcessEnv = {}): Program =>
    new Program(process.execPath, ['app.mjs'], {
      cwd: folder,
      environment: { GUARD: guard, DECORATORS: decorators, SECRET, ...environment },
    });
  const get = (path: string, token?: string): Promise<ReceivedResponse> =>
    request(origin + path, token === undefined ? {} : { headers: bearerHeaders(token) });

  beforeAll(async () => {
    [, origin = ''] = await start().wrote(/Listening on (http:\S+)/);
  });

  it('let no request in without a token, unless a handler says so', async () => {
    expect(await get('/scoped')).toMatchObject({ status: 401 });
    expect(await get('/role')).toMatchObject({ status: 401 });
    expect(await get('/ping')).toMatchObject({ status: 200, body: { claims: null } });
    expect(await get('/maybe')).toMatchObject({ status: 200, body: { subject: null } });
  });

  it('pass the claims to handlers', async () => {
    const token = await issuer.token({ sub: 'user-42', scope: 'read', role: 'admin' });
    expect(await get('/scoped', token)).toMatchObject({ status: 200, body: { subject: 'user-42' } });
    expect(await get('/maybe', token)).toMatchObject({ status: 200, body: { subject: 'user-42' } });
    expect(await get('/role', token)).toMatchObject({ status: 200, body: { role: 'admin' } });
  });

  it('refuse tokens without what a handler requires', async () => {
    const token = await issuer.token({ scope: 'write', role: 'guest' });
    expect(await get('/scoped', token)).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    expect(await get('/role', token)).toMatchObject({ status: 403 });
    expect(await get('/maybe', 'not-a-token')).toMatchObject({ status: 401 });
  });

  it('do not start if both register a guard for all modules', async () => {
    const program = start({ SECOND: 'true' });
    expect(await program.ended).toBe(1);
    expect(program.text).toMatch(/"copies"/);
    expect(program.text).toMatch(/"others"/);
  });
});
