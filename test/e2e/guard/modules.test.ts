import {
  Controller,
  type DynamicModule,
  Get,
  Global,
  Injectable,
  Module,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import {
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  type IdentityAuthOptionsFactory,
  JwtAuthGuard,
  TokenVerifier,
} from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { TokenClient, TokenClientModule } from '../../../src/token-client/index.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';

const issuer = new TestIssuer({ issuer: 'identity-backend', algorithm: 'HS256' });
const optionsFor = (audience: string): IdentityAuthOptions => ({
  issuer: 'identity-backend',
  audience,
  secrets: [issuer.secret],
});
const local = (audience: string): DynamicModule =>
  IdentityAuthModule.forRoot({ ...optionsFor(audience), global: false });
const localAsync = (audience: string): DynamicModule =>
  IdentityAuthModule.forRootAsync({ global: false, useFactory: () => optionsFor(audience) });
const global = (audience: string): DynamicModule => IdentityAuthModule.forRoot(optionsFor(audience));

type Imports = NonNullable<DynamicModule['imports']>;

/** A module with a guarded route at its name. */
function feature(name: string, imports: Imports = []): Type {
  @Controller(name)
  @UseGuards(JwtAuthGuard)
  class FeatureController {
    @Get()
    audience(@CurrentToken('aud') audience: string): string {
      return audience;
    }
  }
  @Module({ imports, controllers: [FeatureController] })
  class FeatureModule {}
  Object.defineProperty(FeatureModule, 'name', { value: `${name}Module` });
  return FeatureModule;
}

/** A library that exports a registration. */
function library(imports: Imports, exported: Type = IdentityAuthModule): Type {
  @Module({ imports, exports: [exported] })
  class LibraryModule {}
  return LibraryModule;
}

function root(...imports: Imports): Type {
  @Module({ imports })
  class RootModule {}
  return RootModule;
}

async function start(module: Type | DynamicModule, options = {}): Promise<void> {
  const context = NestFactory.createApplicationContext(module, {
    logger: false,
    abortOnError: false,
    ...options,
  });
  await (await context).close();
}

@Injectable()
class Settings implements IdentityAuthOptionsFactory {
  readonly audience = 'configured-service';

  createIdentityAuthOptions(): Promise<IdentityAuthOptions> {
    return Promise.resolve(optionsFor(this.audience));
  }
}
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

const optionsOf = (audience: string) => ({ useFactory: () => optionsFor(audience) });

describe.each(PLATFORMS)('IdentityAuthModule on %s', (platform) => {
  it.each<[string, (audience: string) => DynamicModule]>([
    ['forRoot', local],
    ['forRootAsync', localAsync],
  ])('serves two audiences with global: false, registered by %s', async (_how, registration) => {
    const features = [feature('a', [registration('a')]), feature('b', [registration('b')])];
    for (const order of [features, features.toReversed()]) {
      const service = await GuardedApp.start(platform, root(...order));
      const [a, b] = await Promise.all(['a', 'b'].map((aud) => issuer.token({ aud })));
      expect((await service.get('/a', a)).body).toBe('a');
      expect((await service.get('/b', b)).body).toBe('b');
      expect(await service.get('/a', b)).toMatchObject({
        status: 401,
        challenge: expect.stringContaining('realm="a"'),
      });
      expect((await service.get('/b', a)).status).toBe(401);
      await service.stop();
    }
  });

  it.each([
    [
      'a factory',
      {
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => optionsFor(settings.audience),
      },
    ],
    ['a class', { useClass: Settings }],
    ['a class, without a factory', { useFactory: undefined as never, useClass: Settings }],
    ['an existing provider', { imports: [SettingsModule], useExisting: Settings }],
  ])('takes its options from %s, for modules that do not import it too', async (_source, options) => {
    const module = root(feature('a'), IdentityAuthModule.forRootAsync(options));
    const service = await GuardedApp.start(platform, module);
    expect((await service.get('/a', await issuer.token({ aud: 'configured-service' }))).status).toBe(200);
    expect((await service.get('/a', await issuer.token({ aud: 'a' }))).status).toBe(401);
    await service.stop();
  });

  it('prefers the registration that a module imports to the global one, in any order', async () => {
    const features = [feature('a', [local('a')]), feature('b')];
    for (const imports of [
      [global('g'), ...features],
      [...features, global('g')],
    ]) {
      const service = await GuardedApp.start(platform, root(...imports));
      expect((await service.get('/a', await issuer.token({ aud: 'a' }))).status).toBe(200);
      expect((await service.get('/a', await issuer.token({ aud: 'g' }))).status).toBe(401);
      expect((await service.get('/b', await issuer.token({ aud: 'g' }))).status).toBe(200);
      await service.stop();
    }
  });
});

describe('an application does not start', () => {
  const [one, two] = [local('a'), local('b')];
  const shared = global('g');
  const INNER = library([two]);

  @Global()
  @Module({ imports: [local('x')], exports: [IdentityAuthModule] })
  class GlobalLibrary {}

  it.each<[string, Type, RegExp]>([
    [
      'with two global registrations',
      root(global('svc-b'), feature('a'), global('svc-a')),
      /IdentityAuthModule: two registrations are global, "svc-a" and "svc-b"/,
    ],
    [
      'with two global registrations by factories',
      root(IdentityAuthModule.forRootAsync(optionsOf('a')), IdentityAuthModule.forRootAsync(optionsOf('b'))),
      /two registrations are global, "a" and "b"/,
    ],
    [
      'if a module imports two',
      root(feature('f', [one, two])),
      /fModule reaches several registrations, "a" and "b"/,
    ],
    [
      'if a module imports two, in the other order',
      root(feature('f', [two, one])),
      /fModule reaches several registrations, "a" and "b"/,
    ],
    [
      'if libraries export two',
      root(feature('f', [library([one]), library([INNER], INNER)])),
      /fModule reaches several registrations, "a" and "b"/,
    ],
    [
      'if a module imports the global one before its own',
      root(shared, feature('f', [shared, one])),
      /fModule reaches several registrations, "a" and "g"/,
    ],
    [
      'if global modules export two',
      root(global('g'), GlobalLibrary, feature('f')),
      /reaches several registrations, "g" and "x"/,
    ],
    [
      'if a module that uses the guard imports none',
      root(one, feature('f')),
      /resolve dependencies of the JwtAuthGuard .*fModule/s,
    ],
  ])('%s', async (_case, module, words) => {
    await expect(start(module)).rejects.toThrow(words);
  });

  it('without a source of options, or with two', () => {
    for (const options of [{}, { useFactory: () => optionsFor('a'), useClass: Settings }]) {
      expect(() => IdentityAuthModule.forRootAsync(options as never)).toThrow(
        'IdentityAuthModule: give forRootAsync one of useFactory, useClass and useExisting',
      );
    }
  });

  it.each([
    [undefined, 'IdentityAuthModule: the options must be an object, not undefined'],
    [null, 'IdentityAuthModule: the options must be an object, not null'],
    ['text', 'IdentityAuthModule: the options must be an object, not a string'],
    [{ ...optionsFor('a'), global: 'no' }, 'IdentityAuthModule: global must be true or false, not a string'],
  ])('with the options %p', (options, words) => {
    expect(() => IdentityAuthModule.forRoot(options as never)).toThrow(words);
    if (typeof options === 'object' && options !== null) return;
    expect(() => TokenClientModule.forRoot(options as never)).toThrow(
      'TokenClient: the options must be an object',
    );
    expect(() => IdentityAuthModule.forRootAsync(options as never)).toThrow('give forRootAsync one of');
  });

  it('if a factory returns nothing', async () => {
    const module = IdentityAuthModule.forRootAsync({ useFactory: () => undefined as never });
    await expect(start(module)).rejects.toThrow(/IdentityAuthModule: .*undefined/);
  });

  it('if a factory returns invalid options', async () => {
    const module = IdentityAuthModule.forRootAsync({ useFactory: () => optionsFor('') });
    await expect(start(module)).rejects.toThrow('IdentityAuthModule: audience must be');
  });
});

describe('one registration object', () => {
  it.each([undefined, 'deep-hash', 'reference'])(
    'that several modules import is one (%s)',
    async (algorithm) => {
      const options = algorithm === undefined ? {} : { moduleIdGeneratorAlgorithm: algorithm };
      const [auth, own] = [global('g'), local('a')];
      await start(root(auth, feature('a', [own]), feature('b', [own]), library([own, own])), options);
      await start(root(auth, feature('c', [auth]), library([auth])), options);
    },
  );

  it('is kept apart from another one by factories, whatever compares modules', async () => {
    const features = [feature('a', [localAsync('a')]), feature('b', [localAsync('b')])];
    await start(root(...features), { moduleIdGeneratorAlgorithm: 'deep-hash' });
  });
});

it('a module with a TokenVerifier of its own may reach several registrations', async () => {
  @Injectable()
  class Consumer {
    constructor(readonly verifier: TokenVerifier) {}
  }
  @Module({
    imports: [local('a'), local('b')],
    providers: [Consumer, { provide: TokenVerifier, useFactory: () => new TokenVerifier(optionsFor('own')) }],
  })
  class OwnModule {}
  const context = await NestFactory.createApplicationContext(OwnModule, { logger: false });
  expect(context.get(Consumer).verifier.audiences).toEqual(['own']);
  await context.close();
});

describe('IdentityAuthModule', () => {
  it('rejects invalid options in forRoot', () => {
    expect(() => IdentityAuthModule.forRoot({ ...optionsFor('a'), secrets: ['short'] })).toThrow(
      'IdentityAuthModule: secrets[0] must have at least 32 bytes for HS256',
    );
  });

  it('needs no HTTP server', async () => {
    const module = IdentityAuthModule.forRoot(optionsFor('a-service'));
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    const token = await issuer.token({ aud: 'a-service' });
    expect(context.get(TokenVerifier).verify(token)).toMatchObject({ code: 'valid' });
    await context.close();
  });
});

describe('TokenClientModule', () => {
  const client = (clientId: string, isGlobal?: boolean): DynamicModule =>
    TokenClientModule.forRoot({
      issuerUrl: 'https://identity.example',
      clientId,
      clientSecret: 'a-secret-of-the-client',
      global: isGlobal,
    });

  it('does not start twice as global', async () => {
    await expect(start(root(client('one'), client('two')))).rejects.toThrow(
      'TokenClientModule: two registrations are global, https://identity.example (one) and https://identity.example (two)',
    );
  });

  it('gives each module the client that it imports', async () => {
    @Injectable()
    class Caller {
      constructor(readonly client: TokenClient) {}
    }
    @Module({ imports: [client('one', false)], providers: [Caller] })
    class OneModule {}
    const context = await NestFactory.createApplicationContext(root(client('two'), OneModule), {
      logger: false,
    });
    expect(context.get(Caller, { strict: false }).client.name).toBe('https://identity.example (one)');
    await context.close();
  });

  it('takes its options from a class', async () => {
    @Injectable()
    class Options {
      createTokenClientOptions() {
        return { issuerUrl: 'https://identity.example', clientId: 'x', clientSecret: 'y' };
      }
    }
    const module = TokenClientModule.forRootAsync({ useClass: Options });
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    expect(context.get(TokenClient).name).toBe('https://identity.example (x)');
    await context.close();
  });
});
