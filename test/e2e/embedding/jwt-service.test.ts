import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from '@jest/globals';
import * as common from '@nestjs/common';
import { type DynamicModule, forwardRef, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as library from '@nestjs/jwt';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { Test } from '@nestjs/testing';
import ts from 'typescript';
import * as entry from '../../../src/index.js';
import { TokenModule } from '../../../src/index.js';
import type { ServiceParts } from '../../../src/token/token-options.js';
import { optionsFor } from '../../support/bound-jwt.js';
import { readToken } from '../../support/hand-made-token.js';
import { tokenOptions } from '../../support/host-module.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const running: { close(): Promise<void> }[] = [];
const start = async (module: Type | DynamicModule) => {
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  running.push(context);
  return context;
};
afterEach(async () => {
  for (const context of running.splice(0)) await context.close();
});

@Injectable()
class AuthService {
  constructor(@Inject(JwtService) readonly jwt: JwtService) {}
}

/** A module of an application with the given imports. */
function part(...imports: NonNullable<Parameters<typeof Module>[0]['imports']>): Type {
  @Module({ imports, providers: [AuthService], exports: [AuthService] })
  class PartModule {}
  return PartModule;
}

/** A module that exports the module that it imports. */
function sharing(module: DynamicModule): Type {
  @Module({ imports: [module], exports: [module] })
  class SharingModule {}
  return SharingModule;
}

const ours = (changes = {}) => TokenModule.forRoot(tokenOptions(new MovedClock(), changes));
const theirs = (options = {}) => JwtModule.register({ secret: 'of-the-library', ...options });
const issuerOf = (jwt: JwtService): unknown => readToken(jwt.sign({})).claims['iss'];

describe('JwtService in an application', () => {
  it('comes from the module that is imported, in any order of imports', async () => {
    const [North, South, Other] = [
      part(ours({ issuer: 'north' })),
      part(ours({ issuer: 'south', ...optionsFor('ES256') })),
      part(theirs()),
    ];
    for (const imports of [
      [North, South, Other],
      [Other, South, North],
    ]) {
      const Root = part(...imports, ours({ issuer: 'root' }));
      const context = await start(Root);
      const jwtOf = (module: Type) => context.select(module).get(AuthService, { strict: true }).jwt;
      expect([North, South, Other].map((module) => issuerOf(jwtOf(module)))).toEqual([
        'north',
        'south',
        undefined,
      ]);
      expect(issuerOf(jwtOf(Root))).toBe('root');
      const token = jwtOf(North).sign({ sub: 'user-42' });
      expect(jwtOf(North).verify<object>(token)).toHaveProperty('sub', 'user-42');
      expect(() => jwtOf(South).verify<object>(token)).toThrow('invalid algorithm');
      expect(() => jwtOf(Other).verify<object>(token)).toThrow('invalid signature');
    }
  });

  it('uses the settings of an async factory', async () => {
    const module = TokenModule.forRootAsync({
      useFactory: () => Promise.resolve({ issuer: 'made', secret: SECRET, lifetimeSeconds: 60 }),
    });
    const { jwt } = (await start(part(module))).get(AuthService);
    const { iat, exp } = jwt.verify<{ iat: number; exp: number }>(jwt.sign({}));
    expect(exp - iat).toBe(60);
  });

  it('rejects a revoked token with "jwt revoked"', async () => {
    const parts: ServiceParts = {
      revocationCheck: ({ jti }) => (jti === 'revoked' ? 'Ask for a new one.' : undefined),
    };
    const module = TokenModule.forRootAsync({
      useFactory: () => ({ ...tokenOptions(new MovedClock()), ...parts }),
    });
    const { jwt } = (await start(part(module))).get(AuthService);
    expect(jwt.verify<object>(jwt.sign({}))).toHaveProperty('jti');
    const revoked = jwt.sign({}, { jwtid: 'revoked' });
    expect(() => jwt.verify<object>(revoked)).toThrow(new library.JsonWebTokenError('jwt revoked'));
    await expect(jwt.verifyAsync(revoked, { ignoreExpiration: true })).rejects.toThrow('jwt revoked');
  });

  it('accepts a token signed with a previous secret', async () => {
    const before = part(ours({ secret: PREVIOUS_SECRET }));
    const after = part(ours({ previousSecrets: [PREVIOUS_SECRET] }));
    const context = await start(part(before, after, ours()));
    const jwtOf = (module: Type) => context.select(module).get(AuthService, { strict: true }).jwt;
    const token = jwtOf(before).sign({ sub: 'user-42' });
    expect(jwtOf(after).verify<object>(token)).toHaveProperty('sub', 'user-42');
  });

  it.each<[string, () => Type]>([
    ['TokenModule before JwtModule', () => part(ours(), theirs())],
    ['JwtModule before TokenModule', () => part(theirs(), ours())],
    ['a global JwtModule after TokenModule', () => part(ours(), theirs({ global: true }))],
    ['a global JwtModule before TokenModule', () => part(theirs({ global: true }), ours())],
    ['JwtModule next to a global TokenModule', () => part(theirs(), ours({ global: true }))],
    ['modules that export both', () => part(sharing(ours()), sharing(theirs()))],
    ['one of the two from a module that exports it', () => part(sharing(theirs()), ours())],
    [
      'one of the two by a forward reference',
      () =>
        part(
          forwardRef(() => sharing(theirs())),
          ours(),
        ),
    ],
    ['one of the two as a promise', () => part(Promise.resolve(theirs()), ours())],
    [
      'both as promises, with a global JwtModule',
      () => part(Promise.resolve(theirs({ global: true })), Promise.resolve(ours())),
    ],
    [
      'a TokenModule that imports JwtModule',
      () =>
        part(
          TokenModule.forRootAsync({ imports: [theirs()], useFactory: () => tokenOptions(new MovedClock()) }),
        ),
    ],
    [
      'both as global modules',
      () => part(sharing(ours({ global: true })), sharing(theirs({ global: true }))),
    ],
  ])('fails at startup if a module imports %s', async (_name, make) => {
    const words = /^\w+ gets JwtService from both TokenModule and JwtModule\. Remove JwtModule/;
    await expect(start(make())).rejects.toThrow(words);
    await expect(Test.createTestingModule({ imports: [make()] }).compile()).rejects.toThrow(words);
  });

  it.each<[string, () => { readonly root: Type; readonly module: Type; readonly issuer: unknown }]>([
    [
      'the module imports TokenModule, after a global JwtModule',
      () => {
        const module = part(ours());
        return { root: part(theirs({ global: true }), module), module, issuer: 'identity-backend' };
      },
    ],
    [
      'the module imports TokenModule, before a global JwtModule',
      () => {
        const module = part(ours());
        return { root: part(module, theirs({ global: true })), module, issuer: 'identity-backend' };
      },
    ],
    [
      'the module imports JwtModule, and TokenModule is global',
      () => {
        const module = part(theirs());
        return { root: part(ours({ global: true }), module), module, issuer: undefined };
      },
    ],
    [
      'the module imports neither, and TokenModule is global',
      () => {
        const module = part();
        return { root: part(ours({ global: true }), module), module, issuer: 'identity-backend' };
      },
    ],
    [
      'each is imported by a module that does not export it',
      () => {
        const module = part(ours());
        return { root: part(part(theirs()), module, ours()), module, issuer: 'identity-backend' };
      },
    ],
  ])('is the nearest one if %s', async (_name, make) => {
    const { root, module, issuer } = make();
    const context = await start(root);
    expect(issuerOf(context.select(module).get(AuthService, { strict: true }).jwt)).toBe(issuer);
  });

  it('can be overridden in a TestingModule', async () => {
    const useValue = { sign: () => 'signed' };
    const testing = await Test.createTestingModule({ imports: [part(ours())] })
      .overrideProvider(JwtService)
      .useValue(useValue)
      .compile();
    expect(testing.get(AuthService).jwt).toBe(useValue);
  });
});

describe('The README of @nestjs/jwt', () => {
  const path = createRequire(import.meta.url)
    .resolve('@nestjs/jwt')
    .replace(/dist[\\/]index\.js$/, 'README.md');
  const readme = readFileSync(path, 'utf8');
  const blocks = [...readme.matchAll(/^```typescript\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const blockWith = (text: string): string => blocks.find((code) => code.includes(text)) ?? '';

  /** Starts the AuthModule of the README with the given registration in place of its JwtModule. */
  async function readmeJwt(register: string, algorithm: Parameters<typeof optionsFor>[0] = 'HS256') {
    const module = blockWith('export class AuthModule')
      .replace("JwtModule.register({ secret: 'hard!to-guess_secret' })", register)
      .replace('providers: [...]', 'providers: [AuthService]');
    const code = [
      "import { Injectable, Module } from '@nestjs/common';",
      "import { JwtModule, JwtService } from '@nestjs/jwt';",
      "import { TokenModule } from 'identity-backend';",
      blockWith('export class AuthService'),
      module,
    ].join('\n');
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2023,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    const packages: Readonly<Record<string, unknown>> = {
      '@nestjs/common': common,
      '@nestjs/jwt': library,
      'identity-backend': entry,
    };
    const exported: { AuthModule?: Type; AuthService?: Type<{ jwtService: JwtService }> } = {};
    const clock = new MovedClock();
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The text of the README runs unchanged.
    const run = new Function('require', 'exports', 'options', outputText) as (...given: unknown[]) => void;
    run((name: string) => packages[name], exported, tokenOptions(clock, optionsFor(algorithm)));
    const { AuthModule, AuthService } = exported;
    if (!AuthModule || !AuthService) throw new Error('The README has no AuthModule and AuthService');
    return { jwtService: (await start(AuthModule)).get(AuthService).jwtService, clock };
  }

  it.each(['HS256', 'RS256', 'ES256', 'EdDSA'] as const)(
    'holds for TokenModule in place of JwtModule with %s, for each method that it documents',
    async (algorithm) => {
      const started = await readmeJwt('TokenModule.forRoot(options)', algorithm);
      const used = new Set<unknown>();
      const jwtService = new Proxy(started.jwtService, {
        get(target, name: keyof JwtService) {
          used.add(name);
          return target[name].bind(target) as unknown;
        },
      });
      const payload = { sub: 'user-42', roles: ['admin'] };
      const options = { expiresIn: '10m', audience: 'logging-service' } as const;
      const tokens = [jwtService.sign(payload, options), await jwtService.signAsync(payload, options)];
      for (const token of tokens) {
        const claims = {
          ...payload,
          iss: 'identity-backend',
          aud: 'logging-service',
          iat: NEW_YEAR,
          exp: NEW_YEAR + 600,
          jti: expect.any(String),
        };
        expect(jwtService.verify<object>(token)).toEqual(claims);
        expect(await jwtService.verifyAsync<object>(token, { audience: /^logging-/ })).toEqual(claims);
        expect(jwtService.decode<unknown>(token)).toEqual(claims);
        const { payload: decoded, header } = jwtService.decode<typeof payload>(token, { complete: true });
        expect([decoded, header.alg]).toEqual([claims, algorithm]);
      }
      expect(jwtService.decode<unknown>('nonsense')).toBeNull();
      const documented = [...readme.matchAll(/^#### jwtService\.(\w+)/gm)].map(([, name]) => name);
      expect(used).toEqual(new Set(documented));
    },
  );

  it.each(['TokenModule.forRoot(options)', "JwtModule.register({ secret: 'hard!to-guess_secret' })"])(
    'holds for a secret in the options of a call, which overrides that of %s',
    async (register) => {
      const { jwtService } = await readmeJwt(register);
      const secret = 'refresh-secret';
      for (const token of [
        jwtService.sign({ sub: 'user-42' }, { secret }),
        await jwtService.signAsync({ sub: 'user-42' }, { secret }),
      ]) {
        expect(jwtService.verify<object>(token, { secret })).toEqual({
          sub: 'user-42',
          iat: expect.any(Number),
        });
        expect(await jwtService.verifyAsync<object>(token, { secret })).toHaveProperty('sub', 'user-42');
        expect(() => jwtService.verify<object>(token)).toThrow(library.JsonWebTokenError);
        await expect(jwtService.verifyAsync(token)).rejects.toThrow(library.JsonWebTokenError);
      }
    },
  );

  it('lists only module options that docs/embed.md covers', () => {
    const page = readFileSync(new URL('../../../docs/embed.md', import.meta.url), 'utf8');
    const column = [...page.matchAll(/^\| (.+?) \|/gm)].map(([, cell = '']) => cell).join(' ');
    const list = readme.slice(readme.indexOf('takes an `options` object'), readme.indexOf('For performance'));
    const options = [...list.matchAll(/^- `(\w+)`/gm)].map(([, name = '']) => name);
    expect(options).toHaveLength(7);
    expect(options.filter((name) => !column.includes(`\`${name}`) && !column.includes(`${name}.`))).toEqual(
      [],
    );
  });
});
