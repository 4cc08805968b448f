import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  type Type,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  RequireScopes,
} from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { HostApp, SERVERS, type Server } from '../../support/host-app.js';

const ISSUER = 'https://id.example.com';
const RESOURCE = 'https://api.example/mcp';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const METADATA_URL = `https://api.example${WELL_KNOWN}/mcp`;
const ORIGIN = 'https://app.example.com';

const issuer = new TestIssuer({ issuer: ISSUER, audience: RESOURCE, algorithm: 'HS256' });
const optionsFor = (changes: Partial<IdentityAuthOptions> = {}): IdentityAuthOptions => ({
  issuer: ISSUER,
  audience: RESOURCE,
  secrets: [issuer.secret],
  resource: RESOURCE,
  ...changes,
});

@Controller()
class NotesController {
  @Get('notes')
  notes(): string {
    return 'notes';
  }

  @Get('secret-notes')
  @RequireScopes('notes:read', 'notes:secret')
  secretNotes(): string {
    return 'secret notes';
  }
}

/** Responds to every path, as an application of one page does. */
@Controller()
class PageController {
  @All('*')
  page(): string {
    return 'page';
  }
}

function hostOf(options: IdentityAuthOptions, ...controllers: Type[]): Type {
  @Module({
    imports: [IdentityAuthModule.forRoot(options)],
    controllers: [NotesController, ...controllers],
    providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }],
  })
  class Host {}
  return Host;
}

let running: HostApp | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(
  server: Server,
  changes: Partial<IdentityAuthOptions> = {},
  prepare?: (app: INestApplication) => void,
): Promise<HostApp> {
  running = await HostApp.start(server, hostOf(optionsFor(changes)), prepare ? { prepare } : {});
  return running;
}

const DOCUMENT = {
  resource: RESOURCE,
  authorization_servers: [ISSUER],
  bearer_methods_supported: ['header'],
};

describe.each(SERVERS)('a protected resource on %s', (server) => {
  const expectDocument = async (app: HostApp, path: string, document: object = DOCUMENT): Promise<void> => {
    const { status, body, headers } = await app.get(path, { origin: ORIGIN });
    expect([path, status, body]).toEqual([path, 200, document]);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  };

  it.each([`${WELL_KNOWN}/mcp`, `/mcp${WELL_KNOWN}`, `${WELL_KNOWN}/mcp?a=b`])(
    'publishes its metadata at %s without a token',
    async (path) => {
      await expectDocument(await start(server), path);
    },
  );

  it.each([WELL_KNOWN, `${WELL_KNOWN}/mcp/x`, `${WELL_KNOWN}/MCP`, `${WELL_KNOWN}//mcp`, '/mcp'])(
    'publishes nothing at %s',
    async (path) => {
      expect((await (await start(server)).get(path)).status).not.toBe(200);
    },
  );

  it('publishes its scopes and other authorization servers', async () => {
    const authorizationServers = ['https://other.example/tenant'];
    const app = await start(server, { authorizationServers, scopes: ['notes:read'] });
    await expectDocument(app, `${WELL_KNOWN}/mcp`, {
      ...DOCUMENT,
      authorization_servers: authorizationServers,
      scopes_supported: ['notes:read'],
    });
  });

  it('publishes its metadata at the root of the origin if it has no path', async () => {
    const resource = 'https://api.example';
    await expectDocument(await start(server, { resource }), WELL_KNOWN, { ...DOCUMENT, resource });
  });

  it('publishes the metadata of a path that ends in a slash with and without it', async () => {
    const resource = `${RESOURCE}/`;
    const app = await start(server, { resource });
    for (const path of [`${WELL_KNOWN}/mcp/`, `${WELL_KNOWN}/mcp`, `/mcp${WELL_KNOWN}`])
      await expectDocument(app, path, { ...DOCUMENT, resource });
  });

  it('publishes nothing with metadata: false', async () => {
    const app = await start(server, { metadata: false });
    expect((await app.get(`${WELL_KNOWN}/mcp`)).status).toBe(404);
    expect((await app.get('/notes')).headers.get('www-authenticate')).toContain(METADATA_URL);
  });

  it.each<[string, (app: INestApplication) => void]>([
    ['a global prefix', (app) => app.setGlobalPrefix('api/v1')],
    [
      'versions in the path',
      (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    ],
    [
      'versions in a header',
      (app) =>
        app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }),
    ],
    ['CORS for one origin', (app) => app.enableCors({ origin: 'https://other.example', credentials: true })],
    ['CORS for no origin', (app) => app.enableCors({ origin: false })],
  ])('publishes its metadata in an application with %s', async (_name, prepare) => {
    const app = await start(server, {}, prepare);
    await expectDocument(app, `${WELL_KNOWN}/mcp`);
    await expectDocument(app, `/mcp${WELL_KNOWN}`);
    await expectPreflight(app, `${WELL_KNOWN}/mcp`);
  });

  it('publishes its metadata next to a handler for all paths', async () => {
    running = await HostApp.start(server, hostOf(optionsFor(), PageController));
    await expectDocument(running, `${WELL_KNOWN}/mcp`);
    await expectPreflight(running, `${WELL_KNOWN}/mcp`);
  });

  it('responds to HEAD as to GET, without the body', async () => {
    const app = await start(server);
    const get = await app.get(`${WELL_KNOWN}/mcp`);
    const head = await app.request(`${WELL_KNOWN}/mcp`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['content-type', 'content-length', 'cache-control', 'access-control-allow-origin'])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('rejects %s with 405, whatever its body', async (method) => {
    const app = await start(server);
    for (const type of ['application/json', 'text/plain', 'application/x-unknown']) {
      const init = { method, body: '{"a', headers: { 'content-type': type } };
      const { status, body, headers } = await app.request(`${WELL_KNOWN}/mcp`, init);
      expect([status, body, headers.get('allow')]).toEqual([
        405,
        { error: 'Method not allowed; allowed: GET, HEAD', code: 'method_not_allowed' },
        'GET, HEAD',
      ]);
    }
  });

  const expectPreflight = async (app: HostApp, path: string, names?: string): Promise<void> => {
    const { status, text, headers } = await app.request(path, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'GET',
        ...(names !== undefined && { 'access-control-request-headers': names }),
      },
    });
    expect([status, text, headers.get('access-control-allow-origin')]).toEqual([204, '', '*']);
    expect(headers.get('access-control-allow-headers')).toBe(names ?? '*');
    expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  };

  it('allows every request header in a preflight', async () => {
    const app = await start(server);
    for (const names of [undefined, 'mcp-protocol-version', 'authorization, x-a'])
      await expectPreflight(app, `${WELL_KNOWN}/mcp`, names);
    const headers = { 'access-control-request-headers': '<script>"x"' };
    const malformed = await app.request(`${WELL_KNOWN}/mcp`, { method: 'OPTIONS', headers });
    expect(malformed.headers.get('access-control-allow-headers')).toBe('*');
  });

  it('leaves the CORS of other routes to the application', async () => {
    const app = await start(server, {}, (host) => host.enableCors({ origin: 'https://other.example' }));
    const { headers } = await app.get('/notes', { origin: ORIGIN });
    expect(headers.get('access-control-allow-origin')).toBe('https://other.example');
  });

  it('names its metadata in every challenge, and the scopes to request', async () => {
    const app = await start(server, { scopes: ['notes:read', 'notes:write'] });
    const challengeOf = async (path: string, token?: string): Promise<unknown[]> => {
      const authorization = token === undefined ? undefined : { authorization: `Bearer ${token}` };
      const { status, headers } = await app.get(path, authorization);
      return [status, headers.get('www-authenticate')];
    };
    const space = `Bearer realm="${RESOURCE}", resource_metadata="${METADATA_URL}"`;
    const required = 'scope="notes:read notes:secret"';
    expect(await challengeOf('/notes')).toEqual([401, `${space}, scope="notes:read notes:write"`]);
    expect(await challengeOf('/secret-notes')).toEqual([401, `${space}, ${required}`]);
    const invalid = 'error="invalid_token", error_description="Invalid token"';
    expect(await challengeOf('/secret-notes', 'x')).toEqual([401, `${space}, ${invalid}, ${required}`]);
    const insufficient = 'error="insufficient_scope", error_description="Insufficient scope"';
    expect(await challengeOf('/secret-notes', await issuer.token({ scope: 'notes:read' }))).toEqual([
      403,
      `${space}, ${insufficient}, ${required}`,
    ]);
    expect(await challengeOf('/notes', await issuer.token())).toEqual([200, null]);
  });

  it('reads no token from the query or the body', async () => {
    const app = await start(server);
    const token = await issuer.token();
    expect((await app.get(`/notes?access_token=${token}`)).status).toBe(401);
    const body = new URLSearchParams({ access_token: token });
    expect((await app.request('/notes', { method: 'POST', body })).status).not.toBe(200);
  });

  it.each(['https://api.example/mcp', 'HTTPS://API.example:443/mcp'])(
    'accepts a token whose audience is another spelling: %s',
    async (aud) => {
      const app = await start(server, { audience: 'https://Api.Example/mcp' });
      const authorization = `Bearer ${await issuer.token({ aud })}`;
      expect((await app.get('/notes', { authorization })).status).toBe(200);
      const other = `Bearer ${await issuer.token({ aud: `${aud}/` })}`;
      expect((await app.get('/notes', { authorization: other })).status).toBe(401);
    },
  );

  it('accepts no token of the shared secret for another spelling of the issuer', async () => {
    const app = await start(server, { audience: `${ISSUER}/` });
    const authorization = `Bearer ${await issuer.token({ aud: 'HTTPS://id.example.com/' })}`;
    expect((await app.get('/notes', { authorization })).status).toBe(401);
  });
});

@Controller('a')
@UseGuards(JwtAuthGuard)
class AController {
  @Get()
  get(): string {
    return 'a';
  }
}

@Controller('b')
@UseGuards(JwtAuthGuard)
class BController {
  @Get()
  get(): string {
    return 'b';
  }
}

/** Two registrations, each with its own resource. */
function twoResources(a: Partial<IdentityAuthOptions>, b: Partial<IdentityAuthOptions>): Type {
  @Module({
    imports: [IdentityAuthModule.forRoot({ ...optionsFor(a), global: false })],
    controllers: [AController],
  })
  class AModule {}
  @Module({
    imports: [IdentityAuthModule.forRoot({ ...optionsFor(b), global: false })],
    controllers: [BController],
  })
  class BModule {}
  @Module({ imports: [AModule, BModule] })
  class Host {}
  return Host;
}

describe.each(SERVERS)('two protected resources on %s', (server) => {
  it('each publish their metadata', async () => {
    const [a, b] = ['https://api.example/a', 'https://api.example/b'];
    running = await HostApp.start(server, twoResources({ resource: a }, { resource: b }));
    expect((await running.get(`${WELL_KNOWN}/a`)).body['resource']).toBe(a);
    expect((await running.get(`${WELL_KNOWN}/b`)).body['resource']).toBe(b);
    expect((await running.get('/a')).headers.get('www-authenticate')).toContain(`${WELL_KNOWN}/a"`);
    expect((await running.get('/b')).headers.get('www-authenticate')).toContain(`${WELL_KNOWN}/b"`);
  });

  it('do not start if their metadata has the same path', async () => {
    const module = twoResources({}, { resource: 'https://other.example/mcp' });
    await expect(HostApp.start(server, module)).rejects.toThrow(
      `IdentityAuthModule: the resources ${RESOURCE} and https://other.example/mcp both have their metadata at ${WELL_KNOWN}/mcp; set metadata: false for one`,
    );
  });

  it('may have the same path if one has metadata: false', async () => {
    running = await HostApp.start(server, twoResources({}, { metadata: false }));
    expect((await running.get(`${WELL_KNOWN}/mcp`)).body).toEqual(DOCUMENT);
    expect((await running.get('/b')).headers.get('www-authenticate')).toContain(METADATA_URL);
  });
});

describe('a protected resource', () => {
  it('publishes a path that ends in a slash on a Fastify that ignores these slashes', async () => {
    const adapter = new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } });
    const module = hostOf(optionsFor({ resource: `${RESOURCE}/` }));
    running = await HostApp.listen(await NestFactory.create(module, adapter, { logger: false }));
    for (const path of [`${WELL_KNOWN}/mcp/`, `${WELL_KNOWN}/mcp`])
      expect((await running.get(path)).body['resource']).toBe(`${RESOURCE}/`);
  });

  it('does not start on Fastify if the application has a route of its own at the path', async () => {
    @Controller(WELL_KNOWN)
    class OwnController {
      @Get('mcp')
      own(): string {
        return 'own';
      }
    }
    await expect(HostApp.start('Fastify', hostOf(optionsFor(), OwnController))).rejects.toThrow(
      `IdentityAuthModule: the application has a route of its own at ${WELL_KNOWN}/mcp; set metadata: false`,
    );
  });

  it('starts without an HTTP server', async () => {
    const context = await NestFactory.createApplicationContext(hostOf(optionsFor()), { logger: false });
    await context.close();
  });
});
