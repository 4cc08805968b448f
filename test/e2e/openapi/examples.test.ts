import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, basic } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { exampleOf, type OpenApi, type Operation, operationsOf } from './document.js';

/** Other examples need what these remove, so they come last, in this order. */
const LAST = [
  'DELETE /admin/clients/{id}/secrets/{secretId}',
  'DELETE /admin/clients/{id}',
  'DELETE /admin/issuers/{id}',
];

/** The statuses of examples that do not return 2xx. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  // An example cannot know the ID of a secret that the service has yet to make.
  'DELETE /admin/clients/{id}/secrets/{secretId}': /^404$/,
  // The issuer of the tests is not a URL.
  'GET /.well-known/openid-configuration': /^404$/,
  'GET /.well-known/oauth-authorization-server': /^404$/,
  // Its example is a token that no key verifies.
  'POST /verify': /^401$/,
};

let service: RunningApp;
let admin: Administrator;
let document: OpenApi;
/** The credentials of the client that an example creates. */
let authorization: string;
beforeAll(async () => {
  service = await RunningApp.start({ swagger: true });
  admin = await Administrator.of(service);
  document = (await service.get('/openapi.json')).body as unknown as OpenApi;
});
afterAll(() => service.stop());

/** Sends an operation as documented: with its examples and the credentials that it names. */
async function tryOut(
  route: string,
  { parameters = [], requestBody, security = [] }: Operation,
): Promise<ServiceResponse> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((left, { name, schema }) => left.replace(`{${name}}`, String(schema.example)), pattern);
  const schemes = security.flatMap((each) => Object.keys(each));
  const headers: Record<string, string> = {};
  if (schemes.includes('bearer')) headers['authorization'] = `Bearer ${await admin.token()}`;
  else if (schemes.includes('basic')) headers['authorization'] = authorization;
  const [[type, content] = []] = Object.entries(requestBody?.content ?? {});
  if (type === undefined || content === undefined) return service.request(path, { method, headers });
  const example = exampleOf(document, content) as Record<string, string>;
  const body =
    type === 'application/json' ? JSON.stringify(example) : new URLSearchParams(example).toString();
  return service.request(path, { method, body, headers: { 'content-type': type, ...headers } });
}

describe('the examples of the OpenAPI document', () => {
  it('exist for every body and every path parameter', () => {
    for (const [route, { requestBody, parameters = [] }] of operationsOf(document)) {
      for (const content of Object.values(requestBody?.content ?? {}))
        expect([route, Object.keys(exampleOf(document, content) as object)]).not.toEqual([route, []]);
      for (const { name, schema, in: place } of parameters) {
        if (place === 'path')
          expect([route, name, schema.example]).toEqual([route, name, expect.any(String)]);
      }
    }
  });

  it('work unchanged, one after another', async () => {
    const [create] = operationsOf(document).filter(([route]) => route === 'POST /admin/clients');
    const created = create && (await tryOut(...create));
    expect(created?.status).toBe(201);
    authorization = basic(String(created?.body['client_id']), String(created?.body['client_secret']));
    const rest = operationsOf(document)
      .filter(([route]) => route !== create?.[0])
      .sort(([a], [b]) => LAST.indexOf(a) - LAST.indexOf(b));
    expect(rest.length).toBeGreaterThanOrEqual(14);
    for (const [route, operation] of rest) {
      const { status, text } = await tryOut(route, operation);
      expect([route, String(status), text]).toEqual([
        route,
        expect.stringMatching(EXPECTED[route] ?? /^2/),
        text,
      ]);
      expect([route, Object.keys(operation.responses)]).toEqual([
        route,
        expect.arrayContaining([String(status)]),
      ]);
    }
  });

  it('for /token also work without credentials if none are required', async () => {
    const [, operation] = operationsOf(document).find(([route]) => route === 'POST /token') ?? [];
    const response = operation && (await tryOut('POST /token', { ...operation, security: [] }));
    expect(response?.status).toBe(200);
  });
});
