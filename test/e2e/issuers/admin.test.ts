import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { administerIssuers, OutsideIssuer } from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

const DEFAULTS = {
  audiences: ['identity-backend'],
  uses: [],
  typ: ['', 'JWT'],
  max_lifetime_seconds: 3600,
  replay: { client_authentication: 'reusable', jwt_bearer: 'once', token_exchange: 'reusable' },
  subject: 'prefixed',
  claims: {},
  scopes_claim: null,
  id_jag: false,
  disabled: false,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
};

let service: RunningApp;
let administrator: Administrator;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

let made = 0;
let issuer: OutsideIssuer;

beforeAll(async () => {
  service = await RunningApp.start();
  administrator = await Administrator.of(service);
});
beforeEach(() => {
  service.clock.set(NEW_YEAR);
  service.captured.clear();
  issuer = new OutsideIssuer(`issuer-${++made}`);
});
afterAll(() => service.stop());

const send = (method: string, path = '', body?: unknown): Promise<ServiceResponse> =>
  administerIssuers(service, administrator, method, path, body);
const create = (fields: Readonly<Record<string, unknown>> = {}): Promise<ServiceResponse> =>
  send('POST', '', issuer.entry(fields));
const show = (): Promise<ServiceResponse> => send('GET', `/${issuer.id}`);
const update = (patch: unknown): Promise<ServiceResponse> => send('PATCH', `/${issuer.id}`, patch);
const remove = (): Promise<ServiceResponse> => send('DELETE', `/${issuer.id}`);

const refused = (status: number, code: string, error: RegExp): object => ({
  status,
  body: { code, error: expect.stringMatching(error) },
});

describe('POST /admin/issuers', () => {
  it('responds with the whole entry and its defaults, and GET with the same', async () => {
    const { id, issuer: iss, keys, algorithms } = issuer.entry();
    const { status, body, headers } = await create();
    expect({ status, body }).toEqual({
      status: 201,
      body: { id, issuer: iss, keys, algorithms, ...DEFAULTS },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await show()).body).toEqual(body);
  });

  it('accepts every field and returns it unchanged', async () => {
    const fields = {
      algorithms: ['ES256', 'EdDSA'],
      audiences: ['a', 'b'],
      uses: ['client_authentication', 'jwt_bearer', 'token_exchange'],
      typ: ['JWT', 'at+jwt'],
      max_lifetime_seconds: 600,
      replay: { client_authentication: 'once', jwt_bearer: 'once', token_exchange: 'once' },
      subject: 'as_is',
      claims: { '/email': 'email' },
      scopes_claim: '/scope',
      id_jag: true,
      disabled: true,
    };
    expect(await create(fields)).toMatchObject({ status: 201, body: issuer.entry(fields) });
    await remove();
  });

  it('responds at once for an issuer whose keys cannot be fetched', async () => {
    const keys = { jwks_uri: 'https://issuer.invalid/jwks' };
    expect(await create({ keys })).toMatchObject({ status: 201, body: { keys } });
  });

  it.each<[string, object, RegExp]>([
    [
      'a file of the service',
      { keys: { jwks_uri: 'https://a.example/', token_file: '/etc/passwd' } },
      /^keys/,
    ],
    ['an internal address', { keys: { jwks_uri: 'https://169.254.169.254/' } }, /^keys\.jwks_uri/],
    ['a shared algorithm', { algorithms: ['HS256'] }, /^algorithms/],
    ['a reserved claim', { claims: { '/a': 'act' } }, /^claims/],
    ['an unknown field', { audience: 'a' }, /audience/],
    ['the issuer of this service', { issuer: 'identity-backend' }, /^issuer/],
  ])('refuses %s, and stores nothing', async (_name, fields, error) => {
    expect(await create(fields as Record<string, unknown>)).toMatchObject(
      refused(400, 'invalid_request', error),
    );
    expect((await show()).status).toBe(404);
  });

  it.each([undefined, null, [], {}])('refuses the body %j', async (body) => {
    expect(await send('POST', '', body)).toMatchObject(refused(400, 'invalid_request', /./));
  });

  it('refuses a taken id, a taken issuer and the ID of a client as issuer', async () => {
    await create();
    await makeClient(service, `client-${made}`);
    const other = new OutsideIssuer(`other-${made}`);
    const cases: [Readonly<Record<string, unknown>>, RegExp][] = [
      [{ ...other.entry(), id: issuer.id }, /id/],
      [{ ...other.entry(), issuer: issuer.issuer }, /issuer/],
      [{ ...other.entry(), issuer: `client-${made}` }, /client/],
    ];
    for (const [entry, error] of cases) {
      expect(await send('POST', '', entry)).toMatchObject(refused(409, 'conflict', error));
    }
    expect(await send('GET', `/${other.id}`)).toMatchObject({ status: 404 });
  });

  it('refuses a client whose ID is a trusted issuer', async () => {
    await create({ issuer: `outside-${made}` });
    expect(await administrator.create({ client_id: `outside-${made}` })).toMatchObject(
      refused(409, 'conflict', /issuer/),
    );
  });

  it('refuses a second entry with subject as_is, or with the same trust domain', async () => {
    const spiffe = {
      spiffe_bundle: { keys: [{ ...issuer.key.jwk, use: 'jwt-svid' }] },
      trust_domain: 'a.test',
    };
    await create({ subject: 'as_is', keys: spiffe });
    const other = new OutsideIssuer(`other-${made}`);
    const path = `/${other.id}`;
    expect(await send('POST', '', other.entry({ subject: 'as_is' }))).toMatchObject(
      refused(409, 'conflict', /as_is/),
    );
    expect(await send('POST', '', other.entry({ keys: spiffe }))).toMatchObject(
      refused(409, 'conflict', /trust_domain/),
    );
    expect(await send('POST', '', other.entry())).toMatchObject({ status: 201 });
    expect(await send('PATCH', path, { subject: 'as_is' })).toMatchObject(refused(409, 'conflict', /as_is/));
    expect(await send('PATCH', path, { keys: { jwks: null, ...spiffe } })).toMatchObject(
      refused(409, 'conflict', /trust_domain/),
    );
    expect(await update({ disabled: true })).toMatchObject({ status: 200 });
    await remove();
    expect(await send('PATCH', path, { subject: 'as_is' })).toMatchObject({ status: 200 });
    await send('DELETE', path);
  });

  it('creates only one of five entries that are sent at once with the same issuer', async () => {
    const entries = Array.from({ length: 5 }, (_, n) => issuer.entry({ id: `raced-${n}` }));
    const responses = await Promise.all(entries.map((entry) => send('POST', '', entry)));
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });
});

it.each(['test', 'constructor'])('the id may be %s', async (id) => {
  const entry = new OutsideIssuer(id).entry();
  expect(await send('POST', '', entry)).toMatchObject({ status: 201 });
  expect(await send('GET', `/${id}`)).toMatchObject({ status: 200, body: entry });
  expect(await send('PATCH', `/${id}`, { disabled: true })).toMatchObject({ status: 200 });
  expect((await send('PUT', `/${id}`)).headers.get('allow')).toMatch(/^DELETE, GET, HEAD, PATCH/);
  expect(await send('DELETE', `/${id}`)).toMatchObject({ status: 204 });
});

describe('GET /admin/issuers', () => {
  it('lists entries in the order of their IDs, page by page', async () => {
    for (const id of ['zz-c', 'zz-a', 'zz-b']) {
      await send('POST', '', issuer.entry({ id, issuer: `https://${id}.example` }));
    }
    const first = await send('GET', '?limit=2&after=zz');
    expect(first.body).toMatchObject({ issuers: [{ id: 'zz-a' }, { id: 'zz-b' }], next: 'zz-b' });
    expect((await send('GET', '?limit=2&after=zz-b')).body).toMatchObject({
      issuers: [{ id: 'zz-c' }],
      next: null,
    });
    const [shown] = first.body['issuers'] as object[];
    expect((await send('GET', '/zz-a')).body).toEqual(shown);
  });

  it.each(['?limit=0', '?limit=101', '?limit=a', '?after=a&after=b'])('refuses %s', async (query) => {
    expect(await send('GET', query)).toMatchObject(refused(400, 'invalid_request', /./));
  });

  it.each(['no-such-issuer', 'constructor', '__proto__'])('returns 404 for %s', async (id) => {
    expect(await send('GET', `/${id}`)).toMatchObject(refused(404, 'not_found', /^Issuer not found$/));
  });
});

describe('PATCH /admin/issuers/{id}', () => {
  it('changes the fields in the patch, keeps the others, and sets updated_at', async () => {
    const { body: before } = await create({ claims: { '/a': 'a' } });
    service.clock.advance(60);
    const { status, body } = await update({ uses: ['jwt_bearer'], claims: { '/b': 'b' } });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ...before,
        uses: ['jwt_bearer'],
        claims: { '/a': 'a', '/b': 'b' },
        updated_at: '2026-01-01T00:01:00.000Z',
      },
    });
    expect((await show()).body).toEqual(body);
  });

  it('accepts the response to GET, and ignores read-only fields', async () => {
    const { body } = await create({ uses: ['jwt_bearer'] });
    expect(await update(body)).toMatchObject({ status: 200, body });
    expect(await update({ created_at: null, updated_at: 'x' })).toMatchObject({ status: 200, body });
  });

  it('restores the default of a field that is null', async () => {
    await create({ uses: ['jwt_bearer'], audiences: ['a'], typ: ['x'], disabled: true });
    expect((await update({ uses: null, audiences: null, typ: null, disabled: null })).body).toMatchObject(
      DEFAULTS,
    );
  });

  it('replaces the source of the keys only if the previous one is removed', async () => {
    const { body } = await create();
    expect(await update({ keys: { discovery: true } })).toMatchObject(
      refused(400, 'invalid_request', /^keys must be exactly one/),
    );
    expect((await show()).body).toEqual(body);
    expect((await update({ keys: { discovery: true, jwks: null } })).body['keys']).toEqual({
      discovery: true,
    });
  });

  it.each([{ id: 'other' }, { issuer: 'https://other.example' }, { id: null }])(
    'refuses %j',
    async (patch) => {
      await create();
      expect(await update(patch)).toMatchObject(refused(400, 'invalid_request', /cannot be changed/));
    },
  );

  it('returns 404 for an unknown entry', async () => {
    expect(await update({ disabled: true })).toMatchObject(refused(404, 'not_found', /^Issuer not found$/));
  });
});

describe('DELETE /admin/issuers/{id}', () => {
  it('removes the entry, whose id and issuer are free again', async () => {
    await create();
    expect(await remove()).toMatchObject({ status: 204, text: '' });
    expect((await show()).status).toBe(404);
    expect(await remove()).toMatchObject(refused(404, 'not_found', /^Issuer not found$/));
    expect((await create()).status).toBe(201);
  });

  it.each<[string, (id: string) => Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    [
      'federated_credentials',
      (id) => ({ federated_credentials: [{ issuer: id, subject: 'job' }] }),
      { federated_credentials: null },
    ],
    ['jwt_bearer', (id) => ({ jwt_bearer: { issuers: [id] } }), { jwt_bearer: null }],
  ])('is refused while a client names the entry in %s', async (_name, fields, without) => {
    await create({ uses: ['client_authentication', 'jwt_bearer'] });
    const client = `names-${made}`;
    expect((await administrator.create({ client_id: client, ...fields(issuer.id) })).status).toBe(201);
    expect(await remove()).toMatchObject(refused(409, 'conflict', /client names/));
    expect((await show()).status).toBe(200);
    expect((await administrator.update(client, without)).status).toBe(200);
    expect((await remove()).status).toBe(204);
  });
});

describe('the audit log', () => {
  it('has one event for each change, with its author', async () => {
    await create();
    await update({ disabled: true });
    await create();
    await remove();
    expect(service.captured.lines.filter(({ event }) => String(event).startsWith('issuer.'))).toEqual(
      ['issuer.created', 'issuer.updated', 'issuer.deleted'].map((event) =>
        expect.objectContaining({ event, issuer: issuer.id, by: 'admin', audit: true }),
      ),
    );
  });
});

describe('POST /admin/issuers/test', () => {
  const test = (token: unknown, use: unknown = 'client_authentication'): Promise<ServiceResponse> =>
    send('POST', '/test', { token, use });

  it('names the client of a token that is accepted, and does not use the token up', async () => {
    await create({ uses: ['client_authentication'], replay: { client_authentication: 'once' } });
    const client = `tested-${made}`;
    const federated_credentials = [{ issuer: issuer.id, subject: 'job' }];
    await administrator.create({ client_id: client, federated_credentials });
    const token = issuer.token({ sub: 'job' });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await test(token);
      expect({ status, ...body }).toMatchObject({
        status: 200,
        accepted: true,
        issuer: issuer.id,
        client_id: client,
      });
      expect((body['checks'] as { name: string; ok: unknown }[]).map(({ name, ok }) => [name, ok])).toEqual(
        ['form', 'issuer', 'algorithm', 'key', 'signature', 'times', 'audience', 'subject', 'type']
          .concat('rules', 'replay')
          .map((name) => [name, true]),
      );
    }
    expect(service.captured.lines.filter(({ event }) => String(event).startsWith('outside_token'))).toEqual(
      [],
    );
  });

  it('names the first check that fails, with the claim that it concerns and no other', async () => {
    await create({ uses: ['client_authentication'] });
    const { status, body } = await test(issuer.token({ aud: 'other', email: 'a@b.example' }));
    expect({ status, ...body }).toMatchObject({
      status: 200,
      accepted: false,
      issuer: issuer.id,
      client_id: null,
    });
    expect(body['checks']).toContainEqual({
      name: 'audience',
      ok: false,
      expected: ['identity-backend'],
      got: 'other',
    });
    expect(body['checks']).toContainEqual({ name: 'subject', ok: null });
    expect(JSON.stringify(body)).not.toContain('a@b.example');
  });

  it('says which client almost matches, and which claim differs', async () => {
    await create({ uses: ['client_authentication'] });
    const credential = { issuer: issuer.id, subject: 'repo:acme/app:x', claims: { '/env': 'prod' } };
    await administrator.create({ client_id: `near-${made}`, federated_credentials: [credential] });
    const { body } = await test(issuer.token({ sub: 'repo:acme/app:x', env: 'test', other: 'secret' }));
    expect(body['accepted']).toBe(false);
    expect(JSON.stringify(body['checks'])).toContain('prod');
    expect(JSON.stringify(body['checks'])).toContain('test');
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('shows the credentials of the entry if no subject matches', async () => {
    await create({ uses: ['client_authentication'] });
    const credential = { issuer: issuer.id, subject: 'system:sa:prod:w' };
    await administrator.create({ client_id: `prod-${made}`, federated_credentials: [credential] });
    const { body } = await test(issuer.token({ sub: 'system:sa:dev:w' }));
    expect(body['checks']).toContainEqual({
      name: 'rules',
      ok: false,
      expected: [{ client_id: `prod-${made}`, ...credential, claims: {} }],
      got: { sub: 'system:sa:dev:w', claims: {}, found: '0 clients' },
    });
  });

  it.each<[string, object, boolean]>([
    ['may not authenticate by it', { token_endpoint_auth_methods: ['client_secret_basic'] }, false],
    [
      'has workload_grant without the grant type',
      { token_endpoint_auth_methods: ['client_secret_basic'], workload_grant: true },
      false,
    ],
    [
      'has it as a grant alone',
      { token_endpoint_auth_methods: [], workload_grant: true, grant_types: [JWT_BEARER] },
      true,
    ],
  ])('considers that the client %s', async (_name, fields, accepted) => {
    await create({ uses: ['client_authentication'] });
    const federated_credentials = [{ issuer: issuer.id, subject: 'job' }];
    await administrator.create({ client_id: `limited-${made}`, federated_credentials, ...fields });
    const { body } = await test(issuer.token({ sub: 'job' }));
    expect([body['accepted'], body['client_id']]).toEqual([accepted, accepted ? `limited-${made}` : null]);
    expect(body['checks']).toContainEqual(expect.objectContaining({ name: 'rules', ok: accepted }));
  });

  it.each<[string, object, object, boolean]>([
    ['nothing more', {}, {}, true],
    ['cnf', { cnf: { jkt: 'x' } }, {}, false],
    ['a may_act for another client', { may_act: { sub: 'other' } }, {}, false],
    ['an act without a sub', { act: {} }, {}, false],
    ['the client_id of an ID-JAG', { client_id: 'portal' }, { id_jag: true }, true],
    ['another client_id', { client_id: 'other' }, { id_jag: true }, false],
    ['no client with the grant type', {}, { client: { grant_types: [] } }, false],
    ['no enabled client', {}, { client: { disabled: true } }, false],
  ])(
    'decides about an assertion about a user as the grant does: %s',
    async (_name, claims, fields, accepted) => {
      const { client = {}, ...entry } = fields as { readonly client?: object };
      await create({ uses: ['jwt_bearer'], ...entry });
      const id = `portal-${made}`;
      const jwt_bearer = { issuers: [issuer.id] };
      await administrator.create({ client_id: id, grant_types: [JWT_BEARER], jwt_bearer, ...client });
      const named = 'client_id' in claims && claims.client_id === 'portal' ? { client_id: id } : {};
      const header = 'id_jag' in entry ? { typ: 'oauth-id-jag+jwt' } : {};
      const { body } = await test(issuer.token({ ...claims, ...named }, { header }), 'jwt_bearer');
      expect([body['accepted'], body['client_id']]).toEqual([accepted, accepted ? id : null]);
      expect(body['checks']).toContainEqual(expect.objectContaining({ name: 'rules', ok: accepted }));
    },
  );

  it('knows no entry for an issuer that is not trusted', async () => {
    expect(await test(issuer.token())).toMatchObject({
      status: 200,
      body: { accepted: false, issuer: null, client_id: null },
    });
  });

  it.each<[string, unknown, unknown]>([
    ['no token', undefined, 'jwt_bearer'],
    ['an empty token', '', 'jwt_bearer'],
    ['a token that is an object', {}, 'jwt_bearer'],
    ['no use', 'a.b.c', null],
    ['an unknown use', 'a.b.c', 'introspection'],
  ])('refuses %s', async (_name, token, use) => {
    expect(await test(token, use)).toMatchObject(refused(400, 'invalid_request', /^(token|use) /));
  });

  it('responds to what is no token', async () => {
    expect(await test('x')).toMatchObject({ status: 200, body: { accepted: false, issuer: null } });
  });
});
