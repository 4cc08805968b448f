import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { afterEach, describe, expect, it } from '@jest/globals';
import { IdentityAuthModule, JwtAuthGuard } from '../../../src/guard/index.js';
import { TokenModule, type TokenModuleOptions } from '../../../src/index.js';
import { HostApp, SERVERS } from '../../support/host-app.js';
import { DoorGuard, tokenOptions } from '../../support/host-module.js';
import { MovedClock } from '../../support/moved-clock.js';
import { SECRET } from '../../support/settings.js';

const clock = new MovedClock();
const AUTH = IdentityAuthModule.forRoot({
  issuer: 'identity-backend',
  audience: 'the-host',
  secrets: [SECRET],
  clock,
});
const VALID = { sub: 'user-42', aud: 'logging-service' };
const OPEN = { 'x-door': 'open' };

@Controller('own')
class OwnController {
  @Get()
  own(): string {
    return 'own';
  }
}

/** Denies whatever the request has. */
@Injectable()
class DenyingGuard implements CanActivate {
  canActivate(_context: ExecutionContext): boolean {
    return false;
  }
}

function host(routes: TokenModuleOptions['routes'], ...guards: Type<CanActivate>[]): Type {
  @Module({
    imports: [AUTH, TokenModule.forRoot(tokenOptions(clock, { routes }))],
    controllers: [OwnController],
    providers: guards.map((guard) => ({ provide: APP_GUARD, useClass: guard })),
  })
  class Host {}
  return Host;
}

describe.each(SERVERS)('The routes in an application with global guards on %s', (server) => {
  let app: HostApp;
  afterEach(() => app.stop());

  const statuses = async (headers: Record<string, string> = {}): Promise<readonly number[]> => {
    const responses = [
      await app.post('/token', VALID, headers),
      await app.post('/verify', { token: 'a.b.c', aud: 'x' }, headers),
      await app.get('/own', headers),
    ];
    // A token that is refused by `POST /verify` itself has a code that JwtAuthGuard does not send here.
    return responses.map(({ status, body }) => (body['code'] === 'malformed_token' ? 200 : status));
  };

  it('obey JwtAuthGuard by default', async () => {
    app = await HostApp.start(server, host({ guards: [DoorGuard] }, JwtAuthGuard));
    expect(await statuses(OPEN)).toEqual([401, 401, 401]);
  });

  it('with public, are let through by JwtAuthGuard, and their own guards decide', async () => {
    app = await HostApp.start(server, host({ guards: [DoorGuard], public: true }, JwtAuthGuard));
    expect(await statuses()).toEqual([403, 200, 401]);
    expect(await statuses(OPEN)).toEqual([200, 200, 401]);
  });

  it.each([
    ['alone', [DenyingGuard]],
    ['after JwtAuthGuard', [JwtAuthGuard, DenyingGuard]],
    ['before JwtAuthGuard', [DenyingGuard, JwtAuthGuard]],
  ])('with public, obey another global guard %s', async (_name, guards) => {
    app = await HostApp.start(server, host({ guards: [DoorGuard], public: true }, ...guards));
    const [token, verify] = await statuses(OPEN);
    expect([token, verify]).toEqual([403, 403]);
  });

  it('with public, obey a guard of useGlobalGuards()', async () => {
    const module = host({ guards: [DoorGuard], public: true }, JwtAuthGuard);
    const prepare = (own: INestApplication): unknown => own.useGlobalGuards(new DenyingGuard());
    app = await HostApp.start(server, module, { prepare });
    expect((await statuses(OPEN)).slice(0, 2)).toEqual([403, 403]);
  });
});

describe('TokenModule', () => {
  it.each([
    [{ guards: [], public: true }, 'with routes.public, routes.guards must have a guard'],
    [{ guards: [DoorGuard], public: 'yes' }, 'routes.public must be true or false, and is a string'],
    [{}, 'routes.guards must be an array of guards, and is undefined'],
    [{ guards: [], path: 5 }, 'routes.path must be a string, and is a number'],
    [{ guards: [], audit: 'log' }, 'routes.audit must be a class, and is a string'],
    [{ guards: [], verifications: {} }, 'routes.verifications must be a class, and is an object'],
    [{ guards: [], imports: AUTH }, 'routes.imports must be an array of modules, and is an object'],
    [{ guards: [undefined] }, 'routes.guards[0] must be a guard, and is undefined'],
    [{ guards: [null] }, 'routes.guards[0] must be a guard, and is null'],
    [{ guards: [DoorGuard, {}], public: true }, 'routes.guards[1] must be a guard, and is an object'],
    [{ guards: DoorGuard }, 'routes.guards must be an array of guards, and is a function'],
  ])('does not start with the routes %p', (routes, words) => {
    const options = tokenOptions(clock, { routes: routes as never });
    expect(() => TokenModule.forRoot(options)).toThrow(`TokenModule: ${words}`);
  });

  it('adds no security scheme to the OpenAPI document of the application that it lacks', async () => {
    const app = await HostApp.start('Fastify', host({ guards: [DoorGuard] }));
    const document = SwaggerModule.createDocument(app.app, new DocumentBuilder().build());
    const schemes = Object.keys(document.components?.securitySchemes ?? {});
    const required = Object.values(document.paths)
      .flatMap((path) => Object.values(path as Record<string, { security?: object[] }>))
      .flatMap(({ security = [] }) => security)
      .flatMap((each) => Object.keys(each));
    expect(Object.keys(document.paths)).toEqual(['/own', '/token', '/verify']);
    expect(required.filter((name) => !schemes.includes(name))).toEqual([]);
    await app.stop();
  });

  it('leaves the requirement of the OpenAPI document of the application as it is', async () => {
    const app = await HostApp.start('Fastify', host({ guards: [DoorGuard] }));
    const settings = new DocumentBuilder().addBearerAuth().addSecurityRequirements('bearer').build();
    const { security, paths } = SwaggerModule.createDocument(app.app, settings);
    expect(security).toEqual([{ bearer: [] }]);
    // An operation without requirements has those of the document; an empty list would cancel them.
    for (const path of ['/token', '/verify']) expect(paths[path]?.post).not.toHaveProperty('security');
    await app.stop();
  });
});
