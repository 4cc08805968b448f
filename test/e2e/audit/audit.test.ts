import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LEVEL, type LogLine } from '../../support/captured-log.js';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 3 });
  admin = await Administrator.of(service);
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service', 'billing'],
    scopes: ['logs:read', 'logs:write'],
    may_act_for: ['user-*'],
  });
});
beforeEach(() => {
  service.captured.clear();
  // Resets the limit on failed authentications.
  service.clock.advance(60);
});
afterAll(() => service.stop());

const REQUEST_ID = { 'x-request-id': 'request-1' };

/** The audit events in the log, without the fields that every line has. */
function audited(): Partial<LogLine>[] {
  return service.captured.lines
    .filter(({ audit }) => audit === true)
    .map(({ level, time, pid, audit: _audit, ...event }) => {
      expect({ level, time, pid }).toEqual({
        level: LEVEL.info,
        time: expect.any(Number),
        pid: expect.any(Number),
      });
      return event;
    });
}

const jtiOf = ({ body }: ServiceResponse): unknown =>
  readToken(String(body['token'] ?? body['access_token'])).claims['jti'];

const token = (
  body: object,
  authorization: string | undefined = worker.authorization,
): Promise<ServiceResponse> =>
  service.post('/token', body, { ...REQUEST_ID, ...(authorization !== '' && { authorization }) });
const grant = (form: string, authorization: string = worker.authorization): Promise<ServiceResponse> =>
  service.form('/oauth2/token', `grant_type=client_credentials&${form}`, { ...REQUEST_ID, authorization });

describe('an issued token is one audit event', () => {
  it('with client, subject, audience, scope and jti if a client requests it for a user', async () => {
    const response = await token({ sub: 'user-42', aud: ['logging-service', 'billing'], scope: 'logs:read' });
    expect(audited()).toEqual([
      {
        event: 'token.issued',
        reqId: 'request-1',
        client_id: 'worker',
        sub: 'user-42',
        aud: ['logging-service', 'billing'],
        scope: 'logs:read',
        jti: jtiOf(response),
        alg: 'HS256',
      },
    ]);
  });

  it('without a client if the caller is anonymous', async () => {
    const response = await token({ sub: 'user-42', aud: 'reports' }, '');
    const event = { event: 'token.issued', reqId: 'request-1', sub: 'user-42', aud: 'reports', alg: 'HS256' };
    expect(audited()).toEqual([{ ...event, jti: jtiOf(response) }]);
  });

  it('if it is issued by /oauth2/token', async () => {
    const response = await grant('scope=logs:write&audience=billing');
    expect(audited()).toEqual([
      {
        event: 'token.issued',
        reqId: 'request-1',
        client_id: 'worker',
        sub: 'worker',
        aud: 'billing',
        scope: 'logs:write',
        jti: jtiOf(response),
        alg: 'HS256',
      },
    ]);
  });

  it('if it is issued to an administrator', async () => {
    await service.catchUp();
    const response = await grant('scope=identity:admin', admin.client.authorization);
    expect(audited()).toEqual([
      expect.objectContaining({
        event: 'token.issued',
        client_id: 'admin',
        aud: 'identity-backend',
        scope: 'identity:admin',
        alg: 'ES256',
        jti: jtiOf(response),
      }),
    ]);
  });
});

describe('a refused token is one audit event', () => {
  it.each<[string, object, object]>([
    ['invalid_target', { sub: 'worker', aud: 'reports' }, { sub: 'worker', aud: 'reports' }],
    ['access_denied', { sub: 'admin', aud: 'billing' }, { sub: 'admin', aud: 'billing' }],
    [
      'invalid_scope',
      { sub: 'worker', aud: 'billing', scope: 'identity:admin' },
      { sub: 'worker', aud: 'billing', scope: 'identity:admin' },
    ],
    [
      'invalid_request',
      { sub: 'worker', aud: 'billing', claims: { tenant: 'acme' } },
      { sub: 'worker', aud: 'billing' },
    ],
  ])('with the client and the request at /token: %s', async (code, body, asked) => {
    await token(body);
    expect(audited()).toEqual([
      { event: 'token.refused', reqId: 'request-1', client_id: 'worker', code, ...asked },
    ]);
  });

  it.each<[string, string, object]>([
    ['invalid_target', 'audience=reports&scope=logs:read', { sub: 'worker', aud: 'reports' }],
    ['invalid_scope', 'audience=billing&scope=logs:delete', { aud: 'billing', scope: 'logs:delete' }],
    ['invalid_scope', 'audience=billing&scope=a++b', { sub: 'worker', aud: 'billing' }],
    ['invalid_request', 'client_id=other', {}],
  ])('with the code and the request at /oauth2/token: %s for %s', async (code, form, asked) => {
    await grant(form);
    expect(audited()).toEqual([
      expect.objectContaining({ event: 'token.refused', reqId: 'request-1', code, ...asked }),
    ]);
  });

  it.each(['/token', '/oauth2/token'] as const)('if the client fails to authenticate at %s', async (path) => {
    const authorization = basic('worker', 'wrong');
    const ask = (): Promise<ServiceResponse> =>
      path === '/token' ? token({ sub: 'worker', aud: 'billing' }, authorization) : grant('', authorization);
    for (let index = 0; index < 4; index++) await ask();
    const refusals = audited().filter(({ event }) => event === 'token.refused');
    expect(refusals.map(({ code, reqId }) => [code, reqId])).toEqual([
      ...Array.from({ length: 3 }, () => ['invalid_client', 'request-1']),
      ['too_many_requests', 'request-1'],
    ]);
  });
});

describe('a failed authentication is one audit event', () => {
  /** The events of failed authentication, without those of refused tokens. */
  const failures = (): Partial<LogLine>[] =>
    audited().filter(({ event }) => event === 'authentication.failed');
  const failure = { event: 'authentication.failed', reqId: 'request-1', address: '127.0.0.1' };

  it.each<[string, string | undefined, () => Promise<ServiceResponse>]>([
    ['/token', 'worker', () => token({ sub: 'a', aud: 'b' }, basic('worker', 'wrong'))],
    ['/oauth2/token', 'worker', () => grant('', basic('worker', 'wrong'))],
    [
      '/oauth2/introspect',
      'worker',
      () =>
        service.form('/oauth2/introspect', 'token=x', { ...REQUEST_ID, authorization: basic('worker', 'x') }),
    ],
    [
      '/oauth2/revoke',
      'worker',
      () => service.form('/oauth2/revoke', 'token=x', { ...REQUEST_ID, authorization: basic('worker', 'x') }),
    ],
    [
      '/oauth2/token with an invalid assertion',
      undefined,
      () => {
        const assertion = handMadeToken({
          claims: { iss: 'worker', sub: 'worker', aud: 'identity-backend' },
        });
        return service.form(
          '/oauth2/token',
          {
            grant_type: 'client_credentials',
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: assertion,
          },
          REQUEST_ID,
        );
      },
    ],
  ])('with the client, if known, and the IP address, at %s', async (_path, client, ask) => {
    await ask();
    expect(failures()).toEqual([{ ...failure, code: 'invalid_client', client_id: client }]);
  });

  it('after too many of them too, with the code too_many_requests', async () => {
    for (let index = 0; index < 4; index++) await grant('', basic('worker', 'wrong'));
    expect(failures().map(({ code, client_id }) => [code, client_id])).toEqual([
      ...Array.from({ length: 3 }, () => ['invalid_client', 'worker']),
      ['too_many_requests', 'worker'],
    ]);
  });

  it('without an unknown client ID, which may be a misplaced secret', async () => {
    await grant('', basic('my-very-own-secret', 'worker'));
    expect(failures()).toEqual([{ ...failure, code: 'invalid_client' }]);
    expect(service.captured.text).not.toContain('my-very-own-secret');
  });
});

describe('a change by an administrator is one audit event', () => {
  /** The events other than those of tokens and authentication. */
  const changes = (): Partial<LogLine>[] =>
    audited().filter(({ event }) => !/^(token|authentication)\./.test(String(event)));

  it('with the client, the administrator and the request ID', async () => {
    const seen: unknown[] = [];
    const did = async (act: Promise<ServiceResponse>): Promise<ServiceResponse> => {
      const response = await act;
      seen.push(response.headers.get('x-request-id'));
      return response;
    };
    const { body: created } = await did(admin.create({ client_id: 'changed' }));
    await did(admin.update('changed', { disabled: true }));
    const { body: added } = await did(admin.addSecret('changed', { expires_in: 60 }));
    const [first] = created['secrets'] as { secret_id: string }[];
    await did(admin.endSecret('changed', String(first?.secret_id)));
    await did(admin.remove('changed'));
    const by = { client: 'changed', by: 'admin' };
    expect(changes()).toEqual([
      { event: 'client.created', ...by, reqId: seen[0] },
      { event: 'client.updated', ...by, reqId: seen[1] },
      { event: 'client.secret_added', ...by, secret_id: added['secret_id'], reqId: seen[2] },
      { event: 'client.secret_ended', ...by, secret_id: first?.secret_id, reqId: seen[3] },
      { event: 'client.deleted', ...by, reqId: seen[4] },
    ]);
  });

  it('unless nothing changed', async () => {
    await admin.create({ client_id: 'worker' });
    await admin.create({ client_id: 'a/b' });
    await admin.update('worker', { scopes: 'x' });
    await admin.update('nobody', {});
    await admin.endSecret('worker', worker.secretId);
    await admin.remove('nobody');
    await admin.list();
    await service.get('/admin/clients');
    expect(changes()).toEqual([]);
  });
});

it('verifying a token is not an audit event', async () => {
  await service.verify('a.b.c');
  expect(audited()).toEqual([]);
});
