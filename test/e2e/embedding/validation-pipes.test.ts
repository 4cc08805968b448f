import {
  HttpStatus,
  type INestApplication,
  Module,
  type Type,
  ValidationPipe,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { handMadeToken } from '../../support/hand-made-token.js';
import { HostApp, SERVERS } from '../../support/host-app.js';
import { hostModule, tokenOptions } from '../../support/host-module.js';
import { MovedClock } from '../../support/moved-clock.js';
import type { ServiceResponse } from '../../support/running-app.js';

const PIPES: readonly (readonly [name: string, options: ValidationPipeOptions])[] = [
  ['of defaults', {}],
  ['that converts implicitly', { transform: true, transformOptions: { enableImplicitConversion: true } }],
  ['that forbids other fields', { whitelist: true, forbidNonWhitelisted: true, transform: true }],
  ['that forbids unknown values', { forbidUnknownValues: true, transform: true }],
  ['that responds 422', { errorHttpStatusCode: HttpStatus.UNPROCESSABLE_ENTITY, whitelist: true }],
];

const VALID = { sub: 'user-42', aud: 'logging-service' };
const VALID_FORM = 'sub=user-42&aud=logging-service';
const OTHER_TYPES = ['text/plain', 'application/x-www-form-urlencoded'];
const BODIES: readonly (string | object)[] = [
  VALID,
  { sub: 'user-42', aud: ['a', 'b'], scope: 'a b', expires_in: 60, claims: { tenant: 'acme' } },
  { sub: 'user-42', aud: 'logging-service', other: 1 },
  { sub: { a: 1 }, aud: 'b' },
  { sub: ['a'], aud: 'b' },
  { sub: 42, aud: 'b' },
  { sub: true, aud: 'b' },
  { sub: null, aud: 'b' },
  { sub: '', aud: 'b' },
  { sub: 'a', aud: { a: 1 } },
  { sub: 'a', aud: [] },
  { sub: 'a', aud: [1] },
  { sub: 'a', aud: 'b', expires_in: '60' },
  { sub: 'a', aud: 'b', expires_in: 1e9 },
  { sub: 'a', aud: 'b', scope: 1 },
  { sub: 'a', aud: 'b', claims: [] },
  { sub: 'a', aud: 'b', claims: 'text' },
  { sub: 'a', aud: 'b', claims: { sub: 'x' } },
  { token: handMadeToken(), aud: 'logging-service' },
  { token: handMadeToken(), aud: 'logging-service', other: 1 },
  { token: 'a.b.c', aud: 'b' },
  { token: 1, aud: 'b' },
  { token: 'a.b.c', aud: ['b'] },
  { token: { toString: 'x' }, aud: { length: 1 } },
  {},
  [],
  '[{"sub":"a","aud":"b"}]',
  'null',
  '"text"',
  '1',
  '{"sub":"a","sub":"b","aud":"c"}',
  '{"sub": "a"',
  '',
];

/** What does not differ by chance from one response to the next. */
function shown({ status, headers, text }: ServiceResponse): object {
  const kept = ['content-type', 'cache-control', 'www-authenticate', 'allow', 'x-content-type-options'];
  return {
    status,
    headers: kept.map((name) => headers.get(name)),
    body: text.replace(/"token":"[^"]+"/, '"token":"…"'),
  };
}

function requestsTo(host: HostApp): Promise<readonly object[]> {
  const requests = ['/token', '/verify'].flatMap((path) => [
    ...BODIES.map((body) => host.post(path, body)),
    ...OTHER_TYPES.flatMap((type) =>
      [VALID, VALID_FORM, ''].map((body) => host.post(path, body, { 'content-type': type })),
    ),
    host.request(path, { method: 'POST' }),
    host.get(path),
  ]);
  return Promise.all(requests.map(async (response) => shown(await response)));
}

describe.each(SERVERS)('The routes in an application on %s respond as without a pipe', (server) => {
  const module = hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } }));
  let expected: readonly object[];

  beforeAll(async () => {
    const host = await HostApp.start(server, module);
    expected = await requestsTo(host);
    await host.stop();
  });

  it('of which some are accepted and some are refused', () => {
    const all = expected.map((response) => (response as { status: number }).status);
    const ofToken = all.splice(0, all.length / 2);
    expect([...new Set(ofToken)].toSorted()).toEqual([200, 400, 405, 415]);
    expect([...new Set(all)].toSorted()).toEqual([200, 400, 401, 405, 415]);
  });

  describe.each(PIPES)('with a ValidationPipe %s', (_name, options) => {
    let host: HostApp | undefined;
    afterAll(() => host?.stop());

    it('by useGlobalPipes()', async () => {
      const prepare = (app: INestApplication): unknown => app.useGlobalPipes(new ValidationPipe(options));
      host = await HostApp.start(server, module, { prepare });
      expect(await requestsTo(host)).toEqual(expected);
    });

    it('by APP_PIPE', async () => {
      const piped = await HostApp.start(server, withPipe(module, options));
      expect(await requestsTo(piped)).toEqual(expected);
      await piped.stop();
    });
  });
});

function withPipe(imported: Type, options: ValidationPipeOptions): Type {
  @Module({
    imports: [imported],
    providers: [{ provide: APP_PIPE, useValue: new ValidationPipe(options) }],
  })
  class PipedModule {}
  return PipedModule;
}
