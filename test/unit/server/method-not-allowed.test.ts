import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance, type HTTPMethods } from 'fastify';
import { asOAuthError } from '../../../src/oauth2/oauth-error.js';
import { ErrorFilter } from '../../../src/server/error.filter.js';
import { collectMethods } from '../../../src/server/method-not-allowed.js';

const ROUTES: readonly (readonly [method: HTTPMethods, url: string])[] = [
  ['GET', '/things'],
  ['POST', '/things/test'],
  ['GET', '/things/:id'],
  ['DELETE', '/things/:id'],
  ['GET', '/things/test/parts'],
  ['PATCH', '/things/:id/parts'],
  ['PUT', '/things/:id/:part'],
];

let server: FastifyInstance;
beforeAll(async () => {
  server = fastify();
  const filter = new ErrorFilter({
    report: () => undefined,
    translate: (error) => error,
    onForms: asOAuthError,
  });
  server.setErrorHandler((error, request, reply) => filter.respond(error, request, reply));
  const refuseOtherMethods = collectMethods(server);
  for (const [method, url] of ROUTES) server.route({ method, url, handler: () => `${method} ${url}` });
  refuseOtherMethods();
  await server.ready();
});
afterAll(() => server.close());

it.each([
  ['GET', '/things/test', 'GET /things/:id'],
  ['DELETE', '/things/test', 'DELETE /things/:id'],
  ['POST', '/things/test', 'POST /things/test'],
  ['PATCH', '/things/test/parts', 'PATCH /things/:id/parts'],
  ['PUT', '/things/test/parts', 'PUT /things/:id/:part'],
] as const)('%s %s is served by the route that matches: %s', async (method, url, body) => {
  expect(await server.inject({ method, url })).toMatchObject({ statusCode: 200, body });
});

it('HEAD is served by the route of GET that matches', async () => {
  expect((await server.inject({ method: 'HEAD', url: '/things/test' })).statusCode).toBe(200);
});

it.each([
  ['PUT', '/things/test', 'DELETE, GET, HEAD, POST'],
  ['OPTIONS', '/things/test', 'DELETE, GET, HEAD, POST'],
  ['POST', '/things/a', 'DELETE, GET, HEAD'],
  ['POST', '/things/test/parts', 'GET, HEAD, PATCH, PUT'],
  ['GET', '/things/a/parts', 'PATCH, PUT'],
  ['DELETE', '/things', 'GET, HEAD'],
] as const)(
  '%s %s names in Allow the methods of every route that matches: %s',
  async (method, url, allow) => {
    const { statusCode, headers } = await server.inject({ method, url });
    expect({ statusCode, allow: headers['allow'] }).toEqual({ statusCode: 405, allow });
  },
);
