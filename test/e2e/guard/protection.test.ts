import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  type Provider,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  JwtAuthGuard,
  OptionalToken,
  Public,
  RequireAnyScope,
  RequireClaims,
  RequireScopes,
} from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { HostApp, SERVERS } from '../../support/host-app.js';

const issuer = new TestIssuer({ issuer: 'identity-backend', audience: 'a-service', algorithm: 'HS256' });
const AUTH = IdentityAuthModule.forRoot({
  issuer: 'identity-backend',
  audience: 'a-service',
  secrets: [issuer.secret],
});
const bearer = async (claims: Partial<Claims> = {}): Promise<Record<string, string>> => ({
  authorization: `Bearer ${await issuer.token(claims)}`,
});

/** A guard of the application, which reads no tokens. */
@Injectable()
class ForeignGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** A guard of the application that accepts an API key or a token. */
@Injectable()
class KeyOrTokenGuard extends JwtAuthGuard {
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-api-key'] === undefined) return super.canActivate(context);
    return this.admit(context, { exp: 4e9, sub: 'key', scope: headers['x-api-key'] });
  }
}

function moduleOf(controller: Type, providers: Provider[] = [], imports = [AUTH]): Type {
  @Module({ imports, controllers: [controller], providers })
  class HostModule {}
  return HostModule;
}

/** Starts an application, requests a path, and stops it. */
async function statusOf(
  module: Type,
  headers: Record<string, string> = {},
  path = '/',
  prepare?: (app: HostApp['app']) => void,
): Promise<number> {
  const app = await HostApp.start('Fastify', module, prepare ? { prepare } : {});
  try {
    return (await app.get(path, headers)).status;
  } finally {
    await app.stop();
  }
}

@Controller()
class ScopedController {
  @Get()
  @RequireScopes('logs:read')
  read(): string {
    return 'secret';
  }
}

@Controller()
@RequireScopes('logs:read')
class ScopedClassController {
  @Get()
  read(): string {
    return 'secret';
  }
}

describe('a handler with @RequireScopes()', () => {
  const log = new CapturedNestLog();
  beforeEach(() => log.clear());

  describe.each([
    ['at the method', ScopedController],
    ['at the class', ScopedClassController],
  ])('%s', (_, controller) => {
    it.each<[string, Type]>([
      ['with IdentityAuthModule', moduleOf(controller)],
      ['without it', moduleOf(controller, [], [])],
    ])('does not start without any guard, %s', async (_module, module) => {
      await expect(statusOf(module)).rejects.toThrow(
        `${controller.name}.read requires scopes or claims, but has no guard`,
      );
    });

    it.each<[string, Provider[]]>([
      ['APP_GUARD by useClass', [{ provide: APP_GUARD, useClass: JwtAuthGuard }]],
      ['APP_GUARD by useExisting', [{ provide: APP_GUARD, useExisting: JwtAuthGuard }]],
      ['a subclass as APP_GUARD', [{ provide: APP_GUARD, useClass: KeyOrTokenGuard }]],
      [
        'a factory',
        [{ provide: APP_GUARD, inject: [JwtAuthGuard], useFactory: (guard: JwtAuthGuard) => guard }],
      ],
    ])('is protected by %s', async (_guard, providers) => {
      const app = await HostApp.start('Express', moduleOf(controller, providers), { logger: log });
      expect((await app.get('/')).status).toBe(401);
      expect((await app.get('/', await bearer())).status).toBe(403);
      expect((await app.get('/', await bearer({ scope: 'logs:read' }))).status).toBe(200);
      await app.stop();
      expect(log.text).not.toContain('has not let the request in');
    });

    it('is protected by useGlobalGuards()', async () => {
      const module = moduleOf(controller);
      const prepare = (app: HostApp['app']): unknown => app.useGlobalGuards(app.get(JwtAuthGuard));
      const headers = await bearer({ scope: 'logs:read' });
      expect(await statusOf(module, {}, '/', prepare)).toBe(401);
      expect(await statusOf(module, headers, '/', prepare)).toBe(200);
    });

    it('is protected by an APP_GUARD of a feature module', async () => {
      @Module({ imports: [AUTH], providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }] })
      class FeatureModule {}
      @Module({ imports: [FeatureModule], controllers: [controller] })
      class HostModule {}
      expect(await statusOf(HostModule)).toBe(401);
      expect(await statusOf(HostModule, await bearer({ scope: 'logs:read' }))).toBe(200);
    });

    it.each(SERVERS)('refuses with 500 under a guard of the application alone, on %s', async (server) => {
      const providers = [{ provide: APP_GUARD, useClass: ForeignGuard }];
      const app = await HostApp.start(server, moduleOf(controller, providers, []), { logger: log });
      const response = await app.get('/', await bearer({ scope: 'logs:read' }));
      expect([response.status, response.text]).toEqual([500, expect.not.stringContaining('secret')]);
      expect(log.text).toContain(`${controller.name}.read requires scopes or claims`);
      await app.stop();
    });
  });

  it('starts without a server, which no request can reach, whatever main.ts adds for one', async () => {
    const context = await NestFactory.createApplicationContext(moduleOf(ScopedController), { logger: false });
    await context.close();
  });

  it('is protected whatever the order of decorators', async () => {
    @Controller()
    class OrderController {
      @Get('a')
      @RequireScopes('logs:read')
      @UseGuards(JwtAuthGuard)
      a(): string {
        return 'a';
      }

      @UseGuards(JwtAuthGuard)
      @RequireScopes('logs:read')
      @Get('b')
      b(): string {
        return 'b';
      }
    }
    const module = moduleOf(OrderController);
    for (const path of ['/a', '/b']) {
      expect(await statusOf(module, await bearer(), path)).toBe(403);
      expect(await statusOf(module, await bearer({ scope: 'logs:read' }), path)).toBe(200);
    }
  });

  it('accepts what a subclass of the guard admits, if it has the scopes', async () => {
    const module = moduleOf(ScopedController, [{ provide: APP_GUARD, useClass: KeyOrTokenGuard }]);
    expect(await statusOf(module, { 'x-api-key': 'logs:read' })).toBe(200);
    expect(await statusOf(module, { 'x-api-key': 'other' })).toBe(403);
  });

  describe('in a test that replaces the guard', () => {
    const OPEN = { canActivate: () => true };
    @Controller()
    class GuardedController {
      @Get()
      @UseGuards(JwtAuthGuard)
      @RequireScopes('logs:read')
      read(): string {
        return 'read';
      }
    }

    it.each<[string, Type, (builder: TestingModuleBuilder) => TestingModuleBuilder]>([
      [
        'by overrideGuard()',
        moduleOf(GuardedController),
        (builder) => builder.overrideGuard(JwtAuthGuard).useValue(OPEN),
      ],
      [
        'by overrideProvider(), with APP_GUARD by useExisting',
        moduleOf(ScopedController, [{ provide: APP_GUARD, useExisting: JwtAuthGuard }]),
        (builder) => builder.overrideProvider(JwtAuthGuard).useValue(OPEN),
      ],
    ])('is not refused, %s', async (_how, module, override) => {
      const testing = await override(Test.createTestingModule({ imports: [module] })).compile();
      const app = await HostApp.listen(testing.createNestApplication());
      expect((await app.get('/')).status).toBe(200);
      await app.stop();
    });

    it('is not refused with useGlobalGuards()', async () => {
      const builder = Test.createTestingModule({ imports: [moduleOf(ScopedController)] });
      const testing = await builder.overrideProvider(JwtAuthGuard).useValue(OPEN).compile();
      const app = await HostApp.listen(testing.createNestApplication(), (host) =>
        host.useGlobalGuards(host.get(JwtAuthGuard)),
      );
      expect((await app.get('/')).status).toBe(200);
      await app.stop();
    });
  });
});

@Controller('base')
@Public()
class PublicController {
  @Get('open')
  open(): string {
    return 'open';
  }

  @Get('scoped')
  @RequireScopes('a')
  scoped(): string {
    return 'scoped';
  }

  @Get('closed')
  @Public(false)
  closed(): string {
    return 'closed';
  }
}
@Controller('sub')
class SubController extends PublicController {}

@Controller('scopes')
@RequireScopes('a')
class ScopesController {
  @Get('open')
  @Public()
  open(): string {
    return 'open';
  }

  @Get('both')
  @RequireScopes('b')
  both(): string {
    return 'both';
  }

  @Get('maybe')
  @OptionalToken()
  maybe(@CurrentToken('sub') subject?: string): string {
    return subject ?? 'no one';
  }
}
@Controller('more')
@RequireScopes('c')
class MoreScopesController extends ScopesController {}
@Controller('again')
@Public()
class PublicAgainController extends ScopesController {
  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Controller('claims')
class ClaimsController {
  @Get('any')
  @RequireAnyScope('a', 'b')
  any(): string {
    return 'any';
  }

  @Get('role')
  @RequireClaims({ 'realm_access.roles': ['admin', 'owner'], tenant: 'acme' })
  role(): string {
    return 'role';
  }

  @Get('twice')
  @RequireScopes('a')
  @RequireScopes('b')
  twice(): string {
    return 'twice';
  }
}

describe('the nearer decorator wins', () => {
  @Module({
    imports: [AUTH],
    controllers: [
      PublicController,
      SubController,
      ScopesController,
      MoreScopesController,
      PublicAgainController,
      ClaimsController,
    ],
    providers: [{ provide: APP_GUARD, useClass: JwtAuthGuard }],
  })
  class HostModule {}

  it.each<[path: string, claims: Partial<Claims> | undefined, status: number]>([
    ['/base/open', undefined, 200],
    ['/base/scoped', undefined, 401],
    ['/base/scoped', {}, 403],
    ['/base/scoped', { scope: 'a' }, 200],
    ['/base/closed', undefined, 401],
    ['/base/closed', {}, 200],
    // A subclass of a public controller is not public.
    ['/sub/open', undefined, 401],
    ['/sub/open', {}, 200],
    ['/sub/scoped', { scope: 'b' }, 403],
    ['/scopes/open', undefined, 200],
    ['/scopes/both', { scope: 'b' }, 403],
    ['/scopes/both', { scope: 'b a' }, 200],
    ['/scopes/maybe', undefined, 200],
    ['/scopes/maybe', {}, 200],
    // Scopes are inherited, and add up.
    ['/more/both', { scope: 'a b' }, 403],
    ['/more/both', { scope: 'a b c' }, 200],
    ['/again/plain', undefined, 200],
    ['/again/both', undefined, 401],
    ['/again/both', { scope: 'a b' }, 200],
    ['/claims/any', { scope: 'c' }, 403],
    ['/claims/any', { scope: 'c b' }, 200],
    ['/claims/any', {}, 403],
    ['/claims/twice', { scope: 'a' }, 403],
    ['/claims/twice', { scope: 'b' }, 403],
    ['/claims/twice', { scope: 'a b' }, 200],
    ['/claims/role', { tenant: 'acme' }, 403],
    ['/claims/role', { tenant: 'acme', realm_access: { roles: ['user'] } }, 403],
    ['/claims/role', { tenant: 'other', realm_access: { roles: ['admin'] } }, 403],
    ['/claims/role', { tenant: 'acme', realm_access: { roles: ['user', 'owner'] } }, 200],
    ['/claims/role', { tenant: 'acme', 'realm_access.roles': 'admin' }, 200],
  ])('at %s with %j: %i', async (path, claims, status) => {
    const app = await HostApp.start('Fastify', HostModule);
    expect((await app.get(path, claims && (await bearer(claims)))).status).toBe(status);
    await app.stop();
  });

  it('refuses an invalid token even if a token is optional', async () => {
    const app = await HostApp.start('Express', HostModule);
    expect((await app.get('/scopes/maybe', { authorization: 'Bearer a.b.c' })).status).toBe(401);
    expect((await app.get('/scopes/maybe', { authorization: 'Basic YTpi' })).text).toBe('no one');
    expect((await app.get('/scopes/maybe', await bearer({ sub: 'me' }))).text).toBe('me');
    await app.stop();
  });

  it('names what is missing in the refusal', async () => {
    const app = await HostApp.start('Fastify', HostModule);
    expect(await app.get('/claims/role', await bearer())).toMatchObject({
      status: 403,
      body: {
        error: 'Insufficient claims',
        code: 'insufficient_claims',
        hint: 'The token needs realm_access.roles "admin" or "owner", tenant "acme".',
      },
    });
    const any = await app.get('/claims/any', await bearer());
    expect(any.body['code']).toBe('insufficient_scope');
    expect(any.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(any.headers.get('www-authenticate')).toContain('scope="a b"');
    await app.stop();
  });
});

describe('decorators that contradict each other at one target', () => {
  @Controller()
  class MethodController {
    @Get()
    @Public()
    @RequireScopes('a')
    read(): string {
      return 'secret';
    }
  }
  @Controller()
  class OptionalController {
    @Get()
    @RequireClaims({ role: 'x' })
    @OptionalToken()
    read(): string {
      return 'secret';
    }
  }
  @Controller()
  class OpenController {
    @Get()
    @Public()
    @OptionalToken()
    read(): string {
      return 'secret';
    }
  }
  @Controller()
  @RequireScopes('a')
  @Public()
  class ClassController {
    @Get()
    read(): string {
      return 'secret';
    }
  }

  it.each<[Type, string]>([
    [MethodController, 'MethodController.read: @Public()'],
    [OptionalController, 'OptionalController.read: @OptionalToken()'],
    [OpenController, 'OpenController.read: @Public() and @OptionalToken() contradict each other'],
    [ClassController, 'ClassController: @Public()'],
  ])('do not start: %p', async (controller, words) => {
    const providers = [{ provide: APP_GUARD, useClass: JwtAuthGuard }];
    await expect(statusOf(moduleOf(controller, providers))).rejects.toThrow(words);
  });

  it('@Public(false) and @RequireScopes() do not', async () => {
    @Controller()
    class FineController {
      @Get()
      @Public(false)
      @RequireScopes('a')
      read(): string {
        return 'fine';
      }
    }
    const module = moduleOf(FineController, [{ provide: APP_GUARD, useClass: JwtAuthGuard }]);
    expect(await statusOf(module, await bearer({ scope: 'a' }))).toBe(200);
  });
});
