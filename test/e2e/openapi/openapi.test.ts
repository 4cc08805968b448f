import { RequestMethod, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly example?: unknown;
}

interface Content {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let service: RunningApp;
let document: OpenApi;
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
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

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

function resolved(schema: Schema = {}): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

/** The body that a reader is shown: the example, or what the examples of the members make. */
function exampleOf({ schema, example, examples }: Content): unknown {
  const [first] = Object.values(examples ?? {});
  if (example !== undefined || first) return example ?? first?.value;
  const { properties = {}, example: whole } = resolved(schema);
  if (whole !== undefined) return whole;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, each]) =>
      each.example === undefined ? [] : [[name, each.example]],
    ),
  );
}

describe('GET /openapi.json', () => {
  it('is a document of OpenAPI 3, of this version', async () => {
    expect(document.openapi).toMatch(/^3\./);
    expect(document.info.version).toBe((await service.get('/debug-env')).body['version']);
  });

  it('documents every route, and nothing that is none', () => {
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
      ]),
    );
  });

  it('gives each operation a summary, a tag, an id of its own and described answers', () => {
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

  it('refers to no schema that is not there', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name = ''] of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('has an example for every body, and every example works as it is', async () => {
    const withBody = operations().filter(([, { requestBody }]) => requestBody);
    expect(withBody.length).toBeGreaterThanOrEqual(2);
    // The example of /verify is a token that was made for this document: it is asked for now.
    document = (await service.get('/openapi.json')).body as unknown as OpenApi;
    for (const [route, { requestBody }] of operations().filter(([, operation]) => operation.requestBody)) {
      const [method = '', path = ''] = route.split(' ');
      if (/^\/(admin|oauth2)\//.test(path)) continue;
      const json = requestBody?.content['application/json'];
      const body = JSON.stringify(exampleOf(json ?? {}));
      const { status, text } = await service.request(path, {
        method,
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([route, String(status), text]).toEqual([route, expect.stringMatching(/^2/), text]);
    }
  });

  it('documents each status and each member that the routes answer with', async () => {
    const answers = [
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'b' })],
      ['POST /token', await service.post('/token', {})],
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'b' }, { authorization: 'Basic x' })],
      ['POST /token', await service.post('/token', { sub: 'a', aud: 'identity-backend' })],
      ['POST /verify', await service.verify(await service.issue())],
      ['POST /verify', await service.verify('a.b.c')],
      ['POST /verify', await service.post('/verify', {})],
      ['GET /debug-env', await service.get('/debug-env')],
      ['GET /debug-env', await service.get('/debug-env?nonce=')],
      ['GET /health/ready', await service.get('/health/ready')],
    ] as const;
    for (const [route, { status, body }] of answers) {
      const operation = new Map(operations()).get(route);
      const documented = operation?.responses[String(status)];
      expect([route, status, documented?.description]).toEqual([route, status, expect.any(String)]);
      const { properties = {}, required = [] } = resolved(documented?.content?.['application/json']?.schema);
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

  it('holds no secret', () => {
    expect(JSON.stringify(document)).not.toMatch(/a-shared-secret-of-the-tests/);
  });
});

describe('the documentation', () => {
  it('is a page that can be tried', async () => {
    const { status, headers, text } = await service.get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html\b/);
    expect(text).toContain('swagger-ui');
  });

  it('shows no token where only clients may ask for one', async () => {
    const closed = await RunningApp.start({ swagger: true, tokenEndpointAuth: 'required' });
    const { text } = await closed.get('/openapi.json');
    await closed.stop();
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{43}/);
  });

  it('answers 404 where it is off', async () => {
    const closed = await RunningApp.start({ swagger: false });
    const answers = await Promise.all([
      closed.get('/docs'),
      closed.get('/openapi.json'),
      closed.get('/docs/index.html'),
    ]);
    await closed.stop();
    for (const { status, body } of answers)
      expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
  });
});
