// Installs the package, as npm would publish it, into a Nest monorepo that this script writes: a library and three
// applications, on Fastify, on Express, and CommonJS as older repositories have it. Builds them strictly, starts them, and
// lets each issue tokens for, and check tokens of, each other. Needs a registry of npm packages. Leaves nothing running.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pack, ROOT } from './pack.js';
import {
  basic,
  json,
  request,
  run,
  runChecks,
  scratchFolder,
  until,
  within,
} from './support/built-service.js';

const SECRET = 'a-secret-of-the-monorepo-that-no-service-uses-0123456789';
const CALLER = { id: 'caller', secret: 'a-secret-of-the-caller-0123456789' };

/** Each application with what makes it different. */
const APPS = {
  accounts: { server: 'fastify', adapter: 'FastifyAdapter', type: 'module' },
  orders: { server: 'express', adapter: 'ExpressAdapter', type: 'module' },
  legacy: { server: 'express', adapter: 'ExpressAdapter', type: 'commonjs' },
};
const names = Object.keys(APPS);

const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const versions = { ...own.devDependencies, ...own.dependencies, ...own.peerDependencies };
const pick = (...packages) => Object.fromEntries(packages.map((name) => [name, versions[name]]));

const folder = scratchFolder();
function write(path, content) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

const STRICT = {
  target: 'ES2023',
  types: ['node'],
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitReturns: true,
  paths: { '@app/auth': ['./libs/auth/src/index.ts'] },
};
const NODE = { module: 'NodeNext', moduleResolution: 'NodeNext' };
/** What Nest wrote into new repositories for years; the entries are found by typesVersions. */
const COMMONJS = {
  module: 'CommonJS',
  moduleResolution: 'node10',
  ignoreDeprecations: '6.0',
  paths: { '@app/auth': ['../../libs/auth/src'] },
};

function writeMonorepo(tarball) {
  write('package.json', {
    name: 'monorepo',
    private: true,
    type: 'module',
    dependencies: {
      ...pick('@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-fastify'),
      ...pick('reflect-metadata', 'rxjs'),
      'identity-backend': `file:${tarball}`,
    },
    devDependencies: pick('@nestjs/cli', '@types/node', 'typescript'),
  });
  write('tsconfig.json', { compilerOptions: { ...STRICT, ...NODE } });
  const project = (type, root) => ({
    type: 'application',
    root,
    entryFile: 'main',
    sourceRoot: `${root}/src`,
    compilerOptions: { tsConfigPath: `${root}/tsconfig.app.json` },
    ...(type === 'library' && { type, entryFile: 'index' }),
  });
  write('nest-cli.json', {
    $schema: 'https://json.schemastore.org/nest-cli',
    collection: '@nestjs/schematics',
    monorepo: true,
    root: 'apps/accounts',
    sourceRoot: 'apps/accounts/src',
    compilerOptions: { builder: 'tsc', tsConfigPath: 'apps/accounts/tsconfig.app.json' },
    projects: {
      ...Object.fromEntries(names.map((name) => [name, project('application', `apps/${name}`)])),
      auth: project('library', 'libs/auth'),
    },
  });
  write('libs/auth/src/index.ts', LIBRARY);
  for (const [name, app] of Object.entries(APPS)) writeApp(name, app);
}

/** What all applications of the repository share. */
const LIBRARY = `
import { type CanActivate, type DynamicModule, type ExecutionContext, Injectable, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TokenModule } from 'identity-backend';
import { IdentityAuthModule, JwtAuthGuard, Public } from 'identity-backend/guard';
import { TokenClientModule } from 'identity-backend/token-client';

const secret = process.env['SECRET'] ?? '';
const [id = '', password = ''] = (process.env['CALLER'] ?? '').split(':');

/** Knows who may ask for tokens. */
@Injectable()
export class CallerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    return headers.authorization === 'Basic ' + Buffer.from(id + ':' + password).toString('base64');
  }
}

/** The guard of the other routes; those that issue and verify tokens have their own. */
@Injectable()
export class AppGuard extends JwtAuthGuard {
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return /Embedded/.test(context.getClass().name) || super.canActivate(context);
  }
}

@Module({})
export class AuthModule {
  /** @param audience the name of the application */
  static for(audience: string): DynamicModule {
    return {
      module: AuthModule,
      imports: [
        TokenModule.forRoot({ issuer: 'monorepo', secret, routes: { path: 'identity', guards: [CallerGuard] } }),
        IdentityAuthModule.forRoot({ issuer: 'monorepo', audience, secrets: [secret] }),
        TokenClientModule.forRoot({
          issuerUrl: process.env['ISSUER_URL'] ?? 'http://127.0.0.1:1',
          clientId: id,
          clientSecret: password,
          subject: audience,
        }),
      ],
      providers: [{ provide: APP_GUARD, useClass: AppGuard }],
    };
  }
}

export { Public };
`;

function writeApp(name, { server, adapter, type }) {
  const isModule = type === 'module';
  write(`apps/${name}/package.json`, { name, private: true, type });
  write(`apps/${name}/tsconfig.app.json`, {
    extends: '../../tsconfig.json',
    compilerOptions: {
      ...(isModule ? NODE : COMMONJS),
      rootDir: '../..',
      outDir: './dist',
      // The types of this package are checked where nothing else stands in the way: Nest brings none of Express.
      skipLibCheck: server === 'express',
    },
    include: ['src/**/*'],
  });
  write(
    `apps/${name}/src/main.ts`,
    `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ${adapter} } from '@nestjs/platform-${server}';
import { AppModule } from './app.module${isModule ? '.js' : ''}';

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, new ${adapter}(), { logger: ['error'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log('Listening on ' + (await app.getUrl()));
}
void start();
`,
  );
  write(
    `apps/${name}/src/app.module.ts`,
    `
import { Controller, Get, Module, Query } from '@nestjs/common';
import { AuthModule, Public } from '@app/auth';
import { TokenService } from 'identity-backend';
import { type Claims, CurrentToken, RequireScopes } from 'identity-backend/guard';
import { TokenClient } from 'identity-backend/token-client';

@Controller()
class AppController {
  constructor(private readonly tokens: TokenClient) {}

  @Get('ping')
  @Public()
  ping(): string {
    return 'OK';
  }

  @Get('claims')
  @RequireScopes('read')
  claims(@CurrentToken() claims: Claims): Claims {
    return claims;
  }

  /** Calls another application as this one. */
  @Get('call')
  @RequireScopes('read')
  async call(@Query('url') url: string, @Query('audience') audience: string): Promise<unknown> {
    const answer = await this.tokens.fetchWith({ audience, scope: 'read' })(url);
    return answer.json();
  }
}

@Module({ imports: [AuthModule.for('${name}')], controllers: [AppController] })
export class AppModule {}

/** Types of this package, as an application may write them. */
export function isGood(tokens: TokenService, token: string): boolean {
  const verdict = tokens.verify({ token, audience: '${name}' });
  return verdict.code === 'valid' && verdict.claims.exp > 0;
}
`,
  );
}

function npm(...parameters) {
  // Nothing of the repository in which this script runs is to be seen by npm.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config)/.test(name)),
  );
  execFileSync('npm', parameters, { cwd: folder, env, stdio: 'inherit' });
}

/** @param issuerUrl where it gets tokens for its calls */
async function start(name, issuerUrl) {
  const app = run(process.execPath, [join(folder, `apps/${name}/dist/apps/${name}/src/main.js`)], {
    variables: {
      SECRET,
      CALLER: `${CALLER.id}:${CALLER.secret}`,
      ...(issuerUrl !== undefined && { ISSUER_URL: issuerUrl }),
    },
    cwd: folder,
  });
  const address = () => /Listening on (http:\S+)/.exec(app.output)?.[1];
  await until(`${name} listens`, () => {
    if (app.child.exitCode !== null) throw new Error(`It ended:\n${app.output}`);
    return address() !== undefined;
  });
  return Object.assign(app, { name, url: address() });
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });

async function issue({ url }, audience, scope = 'read') {
  const { status, body, text } = await request(
    `${url}/identity/token`,
    json({ sub: 'user-42', aud: audience, scope }, basic(CALLER)),
  );
  assert.equal(status, 200, text);
  return body.token;
}

const apps = [];

const checks = {
  async 'installs without a conflict of peers, and without optional packages'() {
    writeMonorepo(pack(folder).path);
    npm('install', '--strict-peer-deps', '--omit=optional', '--no-audit', '--no-fund');
  },

  async 'builds with tsc, strictly'() {
    for (const name of names) execFileSync('npx', ['nest', 'build', name], { cwd: folder, stdio: 'inherit' });
    const { type, adapter } = APPS.legacy;
    const built = readFileSync(join(folder, 'apps/legacy/dist/apps/legacy/src/main.js'), 'utf8');
    assert.match(built, /require\("@nestjs\/core"\)/, `${type} with ${adapter}`);
  },

  async 'each application starts, and issues and verifies tokens'() {
    for (const name of names) apps.push(await start(name, apps[0] && `${apps[0].url}/identity`));
    for (const app of apps) {
      assert.equal((await request(`${app.url}/ping`)).text, 'OK');
      assert.equal((await request(`${app.url}/identity/token`, json({ sub: 'a', aud: 'b' }))).status, 403);
      const token = await issue(app, 'orders');
      const verify = (aud) => request(`${app.url}/identity/verify`, json({ token, aud }));
      const good = await verify('orders');
      assert.deepEqual(
        [good.status, good.body.valid, good.body.claims.sub],
        [200, true, 'user-42'],
        app.name,
      );
      const wrong = await verify('billing');
      assert.deepEqual([wrong.status, wrong.body.error], [401, 'Invalid audience'], app.name);
    }
  },

  async 'each guard lets in tokens of each issuer, and nothing else'() {
    for (const receiver of apps) {
      const get = (headers = {}) => request(`${receiver.url}/claims`, { headers });
      for (const issuer of apps) {
        const good = await get(bearer(await issue(issuer, receiver.name)));
        assert.deepEqual(
          [good.status, good.body?.aud],
          [200, receiver.name],
          `${issuer.name} to ${receiver.name}`,
        );
        const other = await get(bearer(await issue(issuer, 'billing')));
        assert.deepEqual([other.status, other.body.error], [401, 'Invalid audience']);
        const unscoped = await get(bearer(await issue(issuer, receiver.name, 'write')));
        assert.deepEqual([unscoped.status, unscoped.body.code], [403, 'insufficient_scope']);
      }
      const none = await get();
      assert.deepEqual([none.status, none.body.error], [401, 'Missing bearer token']);
      assert.equal(none.headers['www-authenticate'], `Bearer realm="${receiver.name}"`);
    }
  },

  async 'each calls the next one with a token of its own'() {
    const [accounts, ...callers] = apps;
    for (const caller of callers) {
      const token = await issue(accounts, caller.name);
      const query = new URLSearchParams({ url: `${accounts.url}/claims`, audience: 'accounts' });
      const { status, body, text } = await request(`${caller.url}/call?${query}`, { headers: bearer(token) });
      assert.deepEqual([status, body?.sub, body?.aud], [200, caller.name, 'accounts'], text);
    }
  },

  async 'all stop when they are told to'() {
    for (const app of apps) app.child.kill('SIGTERM');
    for (const app of apps) assert.equal(await within(app.ended, `the end of ${app.name}`), 'SIGTERM');
  },
};

await runChecks(checks);
