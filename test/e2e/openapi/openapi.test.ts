import { RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic } from '../../support/clients.js';
import { administerIssuers, OutsideIssuer } from '../../support/outside-issuer.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { type OpenApi, type Operation, operationsOf, resolved } from './document.js';

let service: RunningApp;
let admin: Administrator;
let document: OpenApi;
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
  admin = await Administrator.of(service);
  document = (await service.get('/openapi.json')).body as unknown as OpenApi;
});
afterAll(() => service.stop());

/** The routes of every controller, such as `POST /token`. */
function routes(): string[] {
  const modules = [...service.app.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const method = handler && (Reflect.getMetadata('method', handler) as RequestMethod | undefined);
      if (!handler || method === undefined) return [];
      const parts = [controller, handler].map((each) => Reflect.getMetadata('path', each) as string);
      const path = parts.flatMap((part) => part.split('/')).filter((part) => part !== '');
      return [`${RequestMethod[method]} /${path.join('/').replaceAll(/:(\w+)/g, '{$1}')}`];
    });
  });
}

const operations = (): [string, Operation][] => operationsOf(document);

/** Responses of the routes for clients, to valid requests and others. */
async function responsesToClients(): Promise<[string, ServiceResponse][]> {
  const client = { client_id: 'shown', audiences: ['a'], scopes: ['b'] };
  const created = await admin.create(client);
  const authorization = basic('shown', String(created.body['client_secret']));
  const grant = (
    scope: string,
    headers: Record<string, string> = { authorization },
  ): Promise<ServiceResponse> =>
    service.form('/oauth2/token', { grant_type: 'client_credentials', scope }, headers);
  return [
    ['POST /admin/clients', created],
    ['POST /admin/clients', await admin.create(client)],
    ['POST /admin/clients', await admin.create({})],
    ['GET /admin/clients', await admin.list()],
    ['GET /admin/clients', await service.get('/admin/clients')],
    ['GET /admin/clients', await service.get('/admin/clients', { authorization: 'Bearer x' })],
    ['GET /admin/clients/{id}', await admin.show('shown')],
    ['GET /admin/clients/{id}', await admin.show('nobody')],
    ['PATCH /admin/clients/{id}', await admin.update('shown', { name: 'Shown' })],
    ['PATCH /admin/clients/{id}', await admin.update('nobody', {})],
    ['POST /admin/clients/{id}/secrets', await admin.addSecret('shown')],
    ['POST /admin/clients/{id}/secrets', await admin.addSecret('shown')],
    ['DELETE /admin/clients/{id}/secrets/{secretId}', await admin.endSecret('shown', 'x')],
    ['POST /oauth2/token', await grant('b')],
    ['POST /oauth2/token', await grant('other')],
    ['POST /oauth2/token', await grant('b', {})],
    ['GET /.well-known/jwks.json', await service.get('/.well-known/jwks.json')],
    ['DELETE /admin/clients/{id}', await admin.remove('shown')],
    ['DELETE /admin/clients/{id}', await admin.remove('shown')],
  ];
}

/** Responses of the routes for trusted issuers, to valid requests and others. */
async function responsesToIssuers(): Promise<[string, ServiceResponse][]> {
  const issuer = new OutsideIssuer('outside');
  const send = (method: string, path = '', body?: unknown): Promise<ServiceResponse> =>
    administerIssuers(service, admin, method, path, body);
  const test = { token: issuer.token(), use: 'client_authentication' };
  return [
    ['POST /admin/issuers', await send('POST', '', issuer.entry())],
    ['POST /admin/issuers', await send('POST', '', issuer.entry())],
    ['POST /admin/issuers', await send('POST', '', {})],
    ['GET /admin/issuers', await send('GET')],
    ['GET /admin/issuers', await send('GET', '?limit=0')],
    ['GET /admin/issuers/{id}', await send('GET', '/outside')],
    ['GET /admin/issuers/{id}', await send('GET', '/nobody')],
    ['PATCH /admin/issuers/{id}', await send('PATCH', '/outside', { uses: ['jwt_bearer'] })],
    ['PATCH /admin/issuers/{id}', await send('PATCH', '/nobody', {})],
    ['POST /admin/issuers/test', await send('POST', '/test', test)],
    ['POST /admin/issuers/test', await send('POST', '/test', {})],
    ['DELETE /admin/issuers/{id}', await send('DELETE', '/outside')],
    ['DELETE /admin/issuers/{id}', await send('DELETE', '/outside')],
  ];
}

describe('GET /openapi.json', () => {
  it('is an OpenAPI 3 document with this version', async () => {
    expect(document.openapi).toMatch(/^3\./);
    expect(document.info.version).toBe((await service.get('/debug-env')).body['version']);
  });

  it('documents every route and nothing else', () => {
    expect(routes().length).toBeGreaterThanOrEqual(7);
    expect(
      operations()
        .map(([route]) => route)
        .sort(),
    ).toEqual(routes().sort());
  });

  it('documents the routes of the contract', () => {
    expect(operations().map(([route]) => route)).toEqual(
      expect.arrayContaining([
        ...['GET /ping', 'POST /token', 'POST /verify', 'GET /debug-env'],
        ...['GET /health/live', 'GET /health/ready', 'GET /metrics'],
        ...['POST /oauth2/token', 'GET /.well-known/jwks.json', 'POST /admin/clients', 'GET /admin/clients'],
        ...['GET /admin/clients/{id}', 'PATCH /admin/clients/{id}', 'DELETE /admin/clients/{id}'],
        ...['POST /admin/clients/{id}/secrets', 'DELETE /admin/clients/{id}/secrets/{secretId}'],
        ...['POST /admin/issuers', 'GET /admin/issuers', 'GET /admin/issuers/{id}'],
        ...['PATCH /admin/issuers/{id}', 'DELETE /admin/issuers/{id}', 'POST /admin/issuers/test'],
      ]),
    );
  });

  it('gives each operation a summary, one tag, a unique operationId and a 2xx response', () => {
    for (const [route, { summary, tags, responses }] of operations()) {
      expect([route, summary]).toEqual([route, expect.stringMatching(/\w/)]);
      expect([route, tags]).toEqual([route, [expect.any(String)]]);
      expect([route, Object.keys(responses)]).toEqual([
        route,
        expect.arrayContaining([expect.stringMatching(/^2/)]),
      ]);
    }
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers only to schemas that exist', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name = ''] of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('documents every status and field of the responses', async () => {
    const responses = [
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'b' })],
      ['POST /token', await service.post('/token', {})],
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'b' }, { authorization: 'Basic x' })],
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'identity-backend' })],
      ['POST /verify', await service.verify(await service.issue())],
      ['POST /verify', await service.verify('a.b.c')],
      ['POST /verify', await service.post('/verify', {})],
      ['POST /verify', await service.postRaw('/verify', '{')],
      ['GET /debug-env', await service.get('/debug-env')],
      ['GET /debug-env', await service.get('/debug-env?nonce=')],
      ['GET /health/ready', await service.get('/health/ready')],
      ...(await responsesToClients()),
      ...(await responsesToIssuers()),
    ] as const;
    for (const [route, { status, body }] of responses) {
      const operation = new Map(operations()).get(route);
      const documented = operation?.responses[String(status)];
      expect([route, status, documented?.description]).toEqual([route, status, expect.any(String)]);
      const { properties = {}, required = [] } = resolved(
        document,
        documented?.content?.['application/json']?.schema,
      );
      for (const name of required)
        expect([route, status, Object.keys(body)]).toEqual([route, status, expect.arrayContaining([name])]);
      for (const name of Object.keys(body))
        expect([route, status, Object.keys(properties)]).toEqual([
          route,
          status,
          expect.arrayContaining([name]),
        ]);
    }
  });

  it('documents every error as JSON, and 429 on each rate-limited route', () => {
    for (const [route, { responses }] of operations()) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        expect([route, status, Object.keys(content)]).toEqual([route, status, ['application/json']]);
      }
      if (/ \/(token|verify|oauth2\/|admin\/)/.test(route))
        expect([route, Object.keys(responses)]).toEqual([route, expect.arrayContaining(['429'])]);
    }
  });

  it('allows any claim in the response of introspection', () => {
    const { responses } = new Map(operations()).get('POST /oauth2/introspect') ?? {};
    const schema = responses?.['200']?.content?.['application/json']?.schema;
    expect(schema).toMatchObject({ required: ['active'], additionalProperties: true });
  });

  it('names the security schemes of each route', () => {
    expect(document.components.securitySchemes).toMatchObject({
      basic: { type: 'http', scheme: 'basic' },
      bearer: { type: 'http', scheme: 'bearer' },
      oauth2: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/oauth2/token' } } },
    });
    for (const [route, { security = [] }] of operations()) {
      const [, path = ''] = route.split(' ');
      const schemes = security.flatMap((each) => Object.keys(each)).sort();
      const expected = path.startsWith('/admin/')
        ? ['bearer', 'oauth2']
        : path === '/token' || path.startsWith('/oauth2/')
          ? ['basic']
          : [];
      expect([route, schemes]).toEqual([route, expected]);
    }
  });

  it('contains no shared secret', () => {
    expect(JSON.stringify(document)).not.toMatch(/a-shared-secret-of-the-tests/);
  });
});

describe('the URLs of the document', () => {
  const issuer = 'https://id.example.com';
  it.each([
    [{}, undefined, '/oauth2/token'],
    [{ basePath: '/base' }, ['/base'], '/base/oauth2/token'],
    [{ issuer: `${issuer}/base/`, basePath: '/base' }, ['/base'], '/base/oauth2/token'],
    [{ issuer: `${issuer}/tenant` }, undefined, '/oauth2/token'],
    [{ issuer, publicUrl: `${issuer}/id` }, ['/id', '/'], '/id/oauth2/token'],
    [{ issuer, publicUrl: 'https://api.example.com', basePath: '/base' }, ['/', '/base'], '/oauth2/token'],
  ])('follow from the settings %j', async (settings, servers, tokenUrl) => {
    const one = await RunningApp.start({ swagger: true, ...settings });
    const { body } = await one.get('/openapi.json');
    await one.stop();
    expect((body['servers'] as { url: string }[] | undefined)?.map(({ url }) => url) ?? []).toEqual(
      servers ?? [],
    );
    expect(body).toMatchObject({
      components: { securitySchemes: { oauth2: { flows: { clientCredentials: { tokenUrl } } } } },
    });
  });
});

describe('the documentation', () => {
  it('is a page of Swagger UI', async () => {
    const { status, headers, text } = await service.get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html\b/);
    expect(text).toContain('swagger-ui');
  });

  it('contains no token if POST /token requires authentication', async () => {
    const closed = await RunningApp.start({ swagger: true, tokenEndpointAuth: 'required' });
    const { text } = await closed.get('/openapi.json');
    await closed.stop();
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{43}/);
  });

  it('returns 404 if it is disabled', async () => {
    const closed = await RunningApp.start({ swagger: false });
    const responses = await Promise.all([
      closed.get('/docs'),
      closed.get('/openapi.json'),
      closed.get('/docs/index.html'),
    ]);
    await closed.stop();
    for (const { status, body } of responses)
      expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
  });
});
