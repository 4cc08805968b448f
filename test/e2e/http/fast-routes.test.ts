import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallHandler, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PingController } from '../../../src/health/ping.controller.js';
import { IntrospectionController } from '../../../src/oauth2/introspection.controller.js';
import { TokenEndpointController } from '../../../src/oauth2/token-endpoint.controller.js';
import { IssueTokenController } from '../../../src/token/issue-token.controller.js';
import { VerifyTokenController } from '../../../src/token/verify-token.controller.js';
import { basic, makeClient } from '../../support/clients.js';
import { rawHttp } from '../../support/raw-http.js';
import { RunningApp } from '../../support/running-app.js';

const METHODS: readonly (readonly [controller: Type, method: string])[] = [
  [PingController, 'ping'],
  [IssueTokenController, 'issue'],
  [VerifyTokenController, 'verify'],
  [TokenEndpointController, 'grantToken'],
  [IntrospectionController, 'introspect'],
];

/** A service whose hot routes are served by the handlers of Nest or by the fast ones. */
interface Served {
  readonly service: RunningApp;
  readonly worker: string;
  readonly token: string;
  readonly expired: string;
}

/** For each call of a method since the last check: whether the handler of Nest made it. */
const calls: boolean[] = [];

/** Makes every method of the hot routes record its caller; returns a function that undoes it. */
function watchCallers(): () => void {
  const undo = METHODS.map(([{ prototype }, name]) => {
    const methods = prototype as Record<string, (...values: unknown[]) => unknown>;
    const method = methods[name] as (...values: unknown[]) => unknown;
    const watched = function (this: unknown, ...values: unknown[]): unknown {
      calls.push(String(new Error('the caller').stack).includes('router-execution-context'));
      return method.apply(this, values);
    };
    for (const key of Reflect.getMetadataKeys(method) as string[]) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, method), watched);
    }
    methods[name] = watched;
    return () => void (methods[name] = method);
  });
  return () => undo.forEach((each) => each());
}

/** Starts the service with a global interceptor that changes nothing. */
async function startWithInterceptor(start: () => Promise<Served>): Promise<Served> {
  const create = NestFactory.create.bind(NestFactory);
  NestFactory.create = async (...values: unknown[]): Promise<never> => {
    const app = await (Reflect.apply(create, undefined, values) as Promise<INestApplication>);
    return app.useGlobalInterceptors({ intercept: (_context, next: CallHandler) => next.handle() }) as never;
  };
  try {
    return await start();
  } finally {
    Reflect.deleteProperty(NestFactory, 'create');
  }
}

async function start(): Promise<Served> {
  const service = await RunningApp.start({ tokenEndpointAuth: 'required', authFailureMax: 0 });
  const client = { audiences: ['a', 'b'], default_audience: 'a', scopes: ['read'], may_act_for: ['user-*'] };
  const { authorization } = await makeClient(service, 'worker', client);
  const issue = (fields: object): Promise<string> =>
    service.issue({ aud: 'a', ...fields }, { authorization });
  const expired = await issue({ expires_in: 1 });
  const token = await issue({ scope: 'read' });
  service.clock.advance(2);
  await service.catchUp();
  return { service, worker: authorization, token, expired };
}

let fast: Served;
let nest: Served;
let unwatch: () => void;
beforeAll(async () => {
  unwatch = watchCallers();
  fast = await start();
  nest = await startWithInterceptor(start);
});
afterAll(async () => {
  unwatch();
  await Promise.all([fast.service.stop(), nest.service.stop()]);
});

type Send = (served: Served) => string;
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

/** A request as sent on the wire. */
const request = (
  line: string,
  { type, body, authorization }: { type?: string; body?: string; authorization?: string | undefined } = {},
): string =>
  [
    `${line} HTTP/1.1`,
    'Host: localhost',
    'X-Request-Id: the-same',
    'Connection: close',
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body ?? '',
  ].join('\r\n');

const issue =
  (fields: unknown, type = JSON_TYPE): Send =>
  ({ worker }) =>
    request('POST /token', { type, body: JSON.stringify(fields), authorization: worker });
const verify =
  (fields: (served: Served) => unknown): Send =>
  (served) =>
    request('POST /verify', { type: JSON_TYPE, body: JSON.stringify(fields(served)) });
const form =
  (path: string, body: (served: Served) => string, type = FORM): Send =>
  (served) =>
    request(`POST ${path}`, { type, body: body(served), authorization: served.worker });
const unauthenticated = (path: string, body: string, type: string): [string, Send][] =>
  [undefined, basic('worker', 'x'), basic('nobody', 'x'), 'Basic !', 'Bearer x'].map((authorization) => [
    `${path} without valid credentials: ${authorization ?? 'none'}`,
    () => request(`POST ${path}`, { type, body, authorization }),
  ]);
const everywhere = (path: string): [string, Send][] => [
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map((method): [string, Send] => [
    `${method} ${path}`,
    () => request(`${method} ${path}`),
  ]),
  ...[JSON_TYPE, FORM, 'text/plain', 'nonsense'].flatMap((type): [string, Send][] => [
    [`${path} with malformed ${type}`, form(path, () => '{%zz', type)],
    [`${path} with ${type} of 64 KiB and a byte`, form(path, () => 'x'.repeat(65_537), type)],
    [`${path} with empty ${type}`, form(path, () => '', type)],
  ]),
  [`${path} without a body`, ({ worker }) => request(`POST ${path}`, { authorization: worker })],
];

/** Requests to every route that has a fast handler. */
const REQUESTS: readonly [string, Send][] = [
  ['GET /ping', () => request('GET /ping')],
  ['HEAD /ping', () => request('HEAD /ping')],
  ['POST /ping', () => request('POST /ping')],
  ['GET /ping with a query', () => request('GET /ping?a=b')],
  ['GET /ping with a body', () => request('GET /ping', { type: JSON_TYPE, body: '{}' })],
  ['/token', issue({ sub: 'user-42', aud: 'a', scope: 'read', expires_in: 60 })],
  ['/token for several audiences', issue({ sub: 'worker', aud: ['a', 'b'] })],
  ['/token without aud', issue({ sub: 'user-42' })],
  ['/token with expires_in as a string', issue({ sub: 'user-42', aud: 'a', expires_in: '60' })],
  ['/token with an array', issue([])],
  ['/token for another audience', issue({ sub: 'user-42', aud: 'c' })],
  ['/token for another subject', issue({ sub: 'admin', aud: 'a' })],
  ['/token for another scope', issue({ sub: 'user-42', aud: 'a', scope: 'write' })],
  ['/token with claims', issue({ sub: 'user-42', aud: 'a', claims: { role: 'x' } })],
  ['/token with another Content-Type', issue({ sub: 'user-42', aud: 'a' }, FORM)],
  ...unauthenticated('/token', '{"sub":"user-42","aud":"a"}', JSON_TYPE),
  ...everywhere('/token'),
  ['/verify', verify(({ token }) => ({ token, aud: 'a' }))],
  ['/verify for another audience', verify(({ token }) => ({ token, aud: 'b' }))],
  ['/verify of an expired token', verify(({ expired }) => ({ token: expired, aud: 'a' }))],
  ['/verify of a malformed token', verify(() => ({ token: 'x.y.z', aud: 'a' }))],
  ['/verify without aud', verify(({ token }) => ({ token }))],
  ['/verify with null', verify(() => null)],
  ...everywhere('/verify'),
  ['/oauth2/token', form('/oauth2/token', () => 'grant_type=client_credentials')],
  ['/oauth2/token for a scope', form('/oauth2/token', () => 'grant_type=client_credentials&scope=read')],
  ['/oauth2/token for another scope', form('/oauth2/token', () => 'grant_type=client_credentials&scope=x')],
  ['/oauth2/token with an unsupported grant_type', form('/oauth2/token', () => 'grant_type=password')],
  ['/oauth2/token without grant_type', form('/oauth2/token', () => 'scope=read')],
  ['/oauth2/token with grant_type repeated', form('/oauth2/token', () => 'grant_type=a&grant_type=b')],
  ...unauthenticated('/oauth2/token', 'grant_type=client_credentials', FORM),
  ...everywhere('/oauth2/token'),
  ['/oauth2/introspect', form('/oauth2/introspect', ({ token }) => `token=${token}`)],
  ['/oauth2/introspect of an expired token', form('/oauth2/introspect', ({ expired }) => `token=${expired}`)],
  ['/oauth2/introspect of a malformed token', form('/oauth2/introspect', () => 'token=x')],
  ['/oauth2/introspect without a token', form('/oauth2/introspect', () => 'hint=x')],
  ...unauthenticated('/oauth2/introspect', 'token=x', FORM),
  ...everywhere('/oauth2/introspect'),
];

/** Sends a request. @returns the response without what always differs: dates, times, token IDs and tokens */
async function ask(served: Served, send: Send): Promise<string> {
  const { text } = await rawHttp(served.service.origin, send(served));
  return text
    .replace(/^date: .*$/im, 'date: …')
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replaceAll(/"(iat|nbf|exp)":\d+/g, '"$1":0')
    .replaceAll(/"jti":"[\w-]+"/g, '"jti":""');
}

describe('the two handlers of a hot route', () => {
  it.each(REQUESTS)('give the same response: %s', async (_name, send) => {
    calls.length = 0;
    const given = await ask(fast, send);
    const callsOfFast = calls.splice(0);
    expect(given).toMatch(/^HTTP\/1\.1 \d{3} /);
    expect(given).toBe(await ask(nest, send));
    expect([callsOfFast, calls]).toEqual([callsOfFast.map(() => false), callsOfFast.map(() => true)]);
  });

  it.each<[string, Send]>([
    ['/ping', () => request('GET /ping')],
    ['/token', issue({ sub: 'user-42', aud: 'a' })],
    ['/verify', verify(({ token }) => ({ token, aud: 'a' }))],
    ['/oauth2/token', form('/oauth2/token', () => 'grant_type=client_credentials')],
    ['/oauth2/introspect', form('/oauth2/introspect', ({ token }) => `token=${token}`)],
  ])('are the fast one by default and that of Nest with a global interceptor: %s', async (_path, send) => {
    calls.length = 0;
    for (const served of [fast, nest]) expect(await ask(served, send)).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(calls).toEqual([false, true]);
  });

  it('are chosen once, and the log names what rules out the fast one', () => {
    const lines = ({ service }: Served): unknown[] =>
      service.captured.lines.filter(({ globals }) => globals !== undefined).map(({ globals }) => globals);
    expect(lines(fast)).toEqual([]);
    expect(lines(nest)).toEqual([['Interceptors']]);
  });
});

describe('the service without global interceptors', () => {
  it('batches its replies', () => {
    const routes = fast.service.app.getHttpAdapter().getInstance();
    expect(routes.printRoutes({ includeHooks: true, commonPrefix: false })).toMatch(/onSend.*holdBack/);
  });
});
