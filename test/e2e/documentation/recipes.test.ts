import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CanActivate,
  Controller,
  Get,
  Module,
  type Provider,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { type Options, transformSync } from '@swc/core';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CurrentToken, IdentityAuthModule, JwtAuthGuard, RequireScopes } from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { HostApp } from '../../support/host-app.js';
import { blocksOf, readPage } from '../../support/markdown.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const recipes = blocksOf(readPage('docs/extend-the-guard.md')).filter(({ info }) => info === 'ts recipe');

type Exports = Readonly<Record<string, Type<CanActivate>>>;
const exported = new Map<string, Exports>();

/** Compiles a recipe as an application would, and loads it. */
async function load(text: string, folder: string, name: string): Promise<Exports> {
  const options = JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8')) as Options;
  const guard = pathToFileURL(join(ROOT, 'src/guard/index.ts')).href;
  const { code } = transformSync(text, { ...options, filename: `${name}.ts`, swcrc: false });
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, code.replaceAll('@acme/identity-client/guard', guard));
  return (await import(pathToFileURL(path).href)) as Exports;
}

beforeAll(async () => {
  const folder = temporaryDirectory();
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [index, { heading, text }] of recipes.entries()) {
    exported.set(heading, await load(text, folder, `recipe-${index}`));
  }
});

const issuer = new TestIssuer({ issuer: 'identity-backend', audience: 'a-service', algorithm: 'HS256' });
const bearer = async (claims: object): Promise<Record<string, string>> => ({
  authorization: `Bearer ${await issuer.token({ ...claims })}`,
});

let app: HostApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

async function start(controller: Type, ...providers: Provider[]): Promise<HostApp> {
  @Module({
    imports: [
      IdentityAuthModule.forRoot({
        issuer: 'identity-backend',
        audience: 'a-service',
        secrets: [issuer.secret],
      }),
    ],
    controllers: [controller],
    providers,
  })
  class Host {}
  app = await HostApp.start('Fastify', Host);
  return app;
}

function recipe<T = Type<CanActivate>>(heading: string, name: string): T {
  const found = exported.get(heading)?.[name];
  if (!found) throw new Error(`There is no ${name} under ${heading}`);
  return found as T;
}

/** A controller whose handler needs a scope. */
function scopedController(guard: Type<CanActivate>): Type {
  @Controller()
  @UseGuards(guard)
  class ScopedController {
    @Get()
    @RequireScopes('logs:read')
    get(@CurrentToken('sub') subject: string): object {
      return { subject };
    }
  }
  return ScopedController;
}

describe('the recipes of docs/extend-the-guard.md', () => {
  it('An API key or a token', async () => {
    const heading = 'An API key or a token';
    const host = await start(
      scopedController(recipe(heading, 'KeyOrTokenGuard')),
      recipe(heading, 'ApiKeys'),
    );
    expect(await host.get('/', { 'x-api-key': 'a-valid-key' })).toMatchObject({
      status: 200,
      body: { subject: 'reporting' },
    });
    expect((await host.get('/', await bearer({ sub: 'me', scope: 'logs:read' }))).body).toEqual({
      subject: 'me',
    });
    expect((await host.get('/', { 'x-api-key': 'another' })).status).toBe(401);
    expect((await host.get('/')).status).toBe(401);
    expect((await host.get('/', await bearer({}))).status).toBe(403);
  });

  it('An error of your own', async () => {
    const host = await start(scopedController(recipe('An error of your own', 'ProblemGuard')));
    const response = await host.get('/');
    expect([response.status, response.body]).toEqual([
      401,
      { type: 'https://errors.example.com/missing_token', title: 'Missing bearer token' },
    ]);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  it('The tenant of the route', async () => {
    @Controller('tenants/:tenant')
    @UseGuards(JwtAuthGuard, recipe('The tenant of the route', 'TenantGuard'))
    class TenantController {
      @Get()
      get(): string {
        return 'tenant';
      }
    }
    const host = await start(TenantController);
    expect((await host.get('/tenants/acme', await bearer({ tenant: 'acme' }))).text).toBe('tenant');
    expect((await host.get('/tenants/other', await bearer({ tenant: 'acme' }))).status).toBe(403);
    expect((await host.get('/tenants/undefined', await bearer({}))).status).toBe(403);
    expect((await host.get('/tenants/acme')).status).toBe(401);
  });

  it('A decorator for the user', async () => {
    const CurrentUser = recipe<() => ParameterDecorator>('A decorator for the user', 'CurrentUser');
    @Controller()
    @UseGuards(JwtAuthGuard)
    class UserController {
      @Get()
      get(@CurrentUser() user: object): object {
        return user;
      }
    }
    const host = await start(UserController);
    const response = await host.get('/', await bearer({ sub: 'user-42', roles: ['reader'] }));
    expect(response.body).toEqual({ id: 'user-42', roles: ['reader'] });
  });

  it('A decorator for roles', async () => {
    const Roles = recipe<(...roles: string[]) => MethodDecorator>('A decorator for roles', 'Roles');
    @Controller()
    @UseGuards(JwtAuthGuard)
    class RolesController {
      @Get()
      @Roles('editor', 'reader')
      get(): string {
        return 'roles';
      }
    }
    const host = await start(RolesController);
    const having = (...roles: string[]): Promise<Record<string, string>> =>
      bearer({ realm_access: { roles } });
    expect((await host.get('/', await having('reader'))).text).toBe('roles');
    expect((await host.get('/', await having('guest'))).status).toBe(403);
    expect((await host.get('/', await bearer({}))).status).toBe(403);
  });

  it('A token from elsewhere', async () => {
    const host = await start(scopedController(recipe('A token from elsewhere', 'ForwardedTokenGuard')));
    const token = await issuer.token({ sub: 'me', scope: 'logs:read' });
    expect((await host.get('/', { 'x-forwarded-access-token': token })).body).toEqual({ subject: 'me' });
    expect((await host.get('/', { authorization: `Bearer ${token}` })).body).toEqual({ subject: 'me' });
    expect((await host.get('/', { 'x-forwarded-access-token': 'a.b.c' })).status).toBe(401);
  });
});

it('docs/extend-the-guard.md has a test for each recipe', () => {
  const text = readFileSync(fileURLToPath(import.meta.url), 'utf8');
  expect(recipes.filter(({ heading }) => !text.includes(`it('${heading}'`))).toEqual([]);
  expect(recipes.length).toBeGreaterThan(5);
});
