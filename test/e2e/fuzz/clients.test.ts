import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
let bearer: string;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  admin = await Administrator.of(service);
  worker = await makeClient(service, 'worker', { audiences: ['a', 'b'], scopes: ['x', 'y'] });
  // The clock is stopped: one token is enough.
  bearer = `Bearer ${await admin.token()}`;
});
afterAll(() => service.stop());

const RUNS = { numRuns: 60 };
/** Milliseconds: some of these make several hundred requests, on a machine that may be busy. */
const LONG = 30_000;
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const name = fc.oneof(
  text,
  fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype), 'worker', 'admin', '*', 'user-*', ''),
);
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  text,
  fc.array(name, { maxLength: 4 }),
  fc.constantFrom(null, true, 0, -1, 1e21, '', [], {}),
);
const headerText = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,60}[\x21-\x7e])?$/);

/** Expects a response of the contract, whatever was sent. */
function expectSound({ status, body, headers, text: whole }: ServiceResponse, shape: object): void {
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  if (status === 204) return;
  expect([whole, headers.get('content-type')]).toEqual([
    whole,
    expect.stringMatching(/^application\/json\b/),
  ]);
  if (status >= 400) expect(body).toMatchObject(shape);
}
const expectJson = (response: ServiceResponse): void =>
  expectSound(response, { error: expect.any(String), code: expect.any(String) });
/** RFC 6749 §5.2 allows few characters in a description, whatever the request contains. */
const expectOAuth = (response: ServiceResponse): void => {
  const description = expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  expectSound(response, { error: expect.stringMatching(/^[a-z_]+$/), error_description: description });
};

const asAdmin = (method: string, path: string, body?: unknown): Promise<ServiceResponse> =>
  service.request(`/admin/clients${path}`, {
    method,
    headers: { authorization: bearer, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

describe('POST /oauth2/token never returns 5xx for', () => {
  const send = (form: string): Promise<ServiceResponse> =>
    service.form('/oauth2/token', form, { authorization: worker.authorization });

  it(
    'any text as a form',
    async () => {
      await fc.assert(
        fc.asyncProperty(text, async (form) => {
          expectOAuth(await send(form));
          expectOAuth(await send(`grant_type=client_credentials&${form}`));
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any bytes as a form',
    async () => {
      const headers = {
        authorization: worker.authorization,
        'content-type': 'application/x-www-form-urlencoded',
      };
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          expectOAuth(await service.postRaw('/oauth2/token', new Uint8Array(bytes), headers));
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any values of known parameters, and grants only scopes of the client',
    async () => {
      const value = fc.oneof(name, fc.constantFrom('a', 'b', 'a b', 'x', 'y x', 'c', 'https://c.example/'));
      const parameters = fc.array(
        fc.tuple(
          fc.constantFrom('scope', 'audience', 'resource', 'client_id', 'grant_type', 'client_secret'),
          value,
        ),
        { maxLength: 5 },
      );
      await fc.assert(
        fc.asyncProperty(parameters, async (pairs) => {
          // A lone surrogate becomes U+FFFD here, as it would in a browser.
          const form = new URLSearchParams([['grant_type', 'client_credentials'], ...pairs]).toString();
          const response = await send(form);
          expectOAuth(response);
          if (response.status !== 200) return;
          const { scope: granted = 'x' } = response.body as { scope?: string };
          for (const scope of granted.split(' ')) expect(['x', 'y']).toContain(scope);
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any Authorization header without the right secret, which gets 401 from every route',
    async () => {
      const headers = fc.oneof(
        headerText,
        headerText.map((rest) => `Basic ${rest}`),
        fc.tuple(text, text).map(([id, secret]) => basic(id, secret)),
        text.map((secret) => basic('worker', secret)),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
      );
      await fc.assert(
        fc.asyncProperty(headers, async (authorization) => {
          const form = await service.form('/oauth2/token', 'grant_type=client_credentials', {
            authorization,
          });
          expectOAuth(form);
          const json = await service.post('/token', { sub: 'worker', aud: 'a' }, { authorization });
          expectJson(json);
          const list = await service.get('/admin/clients', { authorization });
          expectJson(list);
          for (const { status } of [form, json, list]) expect(status).toBe(401);
        }),
        RUNS,
      );
    },
    LONG,
  );
});

describe('the admin routes never return 5xx for', () => {
  const members = fc.record(
    {
      client_id: fc.oneof(fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/), anything),
      name: anything,
      audiences: anything,
      default_audience: anything,
      scopes: anything,
      claims: anything,
      grant_types: anything,
      token_lifetime_seconds: fc.oneof(fc.integer(), anything),
      may_act_for: anything,
      jwks: anything,
      federated_credentials: anything,
      workload_grant: fc.oneof(fc.boolean(), anything),
      jwt_bearer: anything,
      token_endpoint_auth_methods: anything,
      disabled: fc.oneof(fc.boolean(), anything),
    },
    { requiredKeys: [] },
  );

  it(
    'any client, and a created one stays the same through GET and PATCH',
    async () => {
      await fc.assert(
        fc.asyncProperty(members, async (body) => {
          const created = await asAdmin('POST', '', body);
          expectJson(created);
          if (created.status !== 201) return;
          const { client_secret: _secret, ...shown } = created.body;
          const path = `/${String(shown['client_id'])}`;
          if (/^\/\.{1,2}$/.test(path)) return;
          expect((await asAdmin('GET', path)).body).toEqual(shown);
          expect(await asAdmin('PATCH', path, shown)).toMatchObject({ status: 200, body: shown });
          expect((await asAdmin('DELETE', path)).status).toBe(204);
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any patch',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(members, fc.jsonValue({ maxDepth: 5 })), async (patch) => {
          const response = await asAdmin('PATCH', '/worker', patch);
          expectJson(response);
          if (response.status === 200) expect(response.body['client_id']).toBe('worker');
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any ID in the path and any query',
    async () => {
      // A URL parser resolves the segments `.` and `..`, so these are no IDs.
      const id = name
        .filter((each) => !/^\.{1,2}$/.test(each) && each.isWellFormed())
        .map(encodeURIComponent);
      await fc.assert(
        fc.asyncProperty(id, id, async (first, second) => {
          for (const path of [`/nobody-${first}`, `/nobody-${first}/secrets/${second}`])
            expectJson(await asAdmin('DELETE', path));
          expectJson(await asAdmin('GET', `/${first}`));
          expectJson(await asAdmin('GET', `?limit=${first}&after=${second}`));
        }),
        RUNS,
      );
    },
    LONG,
  );

  it(
    'any request for a secret',
    async () => {
      const body = fc.record({ expires_at: anything, expires_in: anything }, { requiredKeys: [] });
      await fc.assert(
        fc.asyncProperty(fc.oneof(body, anything), async (value) => {
          expectJson(await asAdmin('POST', '/worker/secrets', value));
        }),
        RUNS,
      );
    },
    LONG,
  );

  it('any of these inputs, which leave the administrator unchanged', async () => {
    expect((await admin.show('admin')).body).toMatchObject({ name: 'admin', scopes: ['identity:admin'] });
  });
});
