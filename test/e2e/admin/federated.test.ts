import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NEW_CLIENT, NEW_ISSUER } from '../../../src/admin/examples.js';
import { assertionParameters } from '../../support/client-assertion.js';
import { Administrator, basic } from '../../support/clients.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { administerIssuers, OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const AUDIENCES = ['logging-service'];
const ci = new OutsideIssuer('ci');
const idp = new OutsideIssuer('idp', 'idp.example');

let service: RunningApp;
let admin: Administrator;
let made = 0;
let id: string;

beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  admin = await Administrator.of(service);
  await trustIssuer(service, admin, ci.entry({ uses: ['client_authentication'] }));
  await trustIssuer(service, admin, idp.entry({ uses: ['jwt_bearer'] }));
});
beforeEach(() => {
  id = `client-${++made}`;
});
afterAll(() => service.stop());

const create = (fields: object): Promise<ServiceResponse> =>
  admin.create({ client_id: id, audiences: AUDIENCES, ...fields });
const update = (patch: object): Promise<ServiceResponse> => admin.update(id, patch);
const credential = (fields: object = {}): object => ({ issuer: 'ci', subject: `job-${made}`, ...fields });

const conflict = (words: RegExp): object => ({
  status: 409,
  body: { code: 'conflict', error: expect.stringMatching(words) },
});
const invalid = (words: RegExp): object => ({
  status: 400,
  body: { code: 'invalid_request', error: expect.stringMatching(words) },
});

/** The status of a token request by the client's token of the outside issuer. */
async function asWorkload(sub = `job-${made}`): Promise<number> {
  const parameters = { grant_type: 'client_credentials', ...assertionParameters(ci.token({ sub })) };
  return (await service.form('/oauth2/token', parameters)).status;
}

/** The statuses of token requests by the secret: Basic at `/token`, Basic and body at `/oauth2/token`. */
async function bySecret(secret: unknown): Promise<number[]> {
  const authorization = basic(id, String(secret));
  const grant = { grant_type: 'client_credentials' };
  const responses = [
    await service.post('/token', { sub: id, aud: 'logging-service' }, { authorization }),
    await service.form('/oauth2/token', grant, { authorization }),
    await service.form('/oauth2/token', { ...grant, client_id: id, client_secret: String(secret) }),
  ];
  return responses.map(({ status }) => status);
}

describe('a federated client', () => {
  const fields = {
    federated_credentials: [
      {
        issuer: 'ci',
        subject: 'repo:acme/app:*',
        claims: { '/id': 7, '/env': ['prod', 'stage'], '/a~1b': true },
      },
      { issuer: 'ci', subject: 'job', claims: {} },
    ],
    workload_grant: true,
    jwt_bearer: { issuers: ['idp'], impersonate: ['idp:service-*'], limit_to_assertion: false },
    token_endpoint_auth_methods: ['federated', 'private_key_jwt'],
    grant_types: ['client_credentials', JWT_BEARER],
  };

  it('is returned with every field, and can be sent back unchanged', async () => {
    const { status, body } = await create(fields);
    expect([status, body]).toEqual([201, expect.objectContaining(fields)]);
    expect(Object.keys(body)).not.toContain('client_secret');
    expect(body['secrets']).toEqual([]);
    const { body: shown } = await admin.show(id);
    expect(shown).toEqual(body);
    expect((await update({ ...shown, managed_by: 'file', locked_by_admin: true })).body).toEqual({
      ...shown,
      updated_at: expect.any(String),
    });
    expect((await admin.remove(id)).status).toBe(204);
  });

  it('returns the defaults of what it leaves out', async () => {
    const { body } = await create({
      federated_credentials: [{ issuer: 'ci', subject: 'left-out' }],
      jwt_bearer: { issuers: ['idp'] },
    });
    expect(body).toMatchObject({
      federated_credentials: [{ issuer: 'ci', subject: 'left-out', claims: {} }],
      jwt_bearer: { issuers: ['idp'], impersonate: [], limit_to_assertion: true },
      client_secret: expect.any(String),
    });
  });

  it('is recognized from the moment it has the credential until the moment it has not', async () => {
    await create({});
    expect(await asWorkload()).toBe(401);
    await update({ federated_credentials: [credential()] });
    expect(await asWorkload()).toBe(200);
    await update({ federated_credentials: null });
    expect(await asWorkload()).toBe(401);
    await update({ federated_credentials: [credential()] });
    expect(await asWorkload()).toBe(200);
    await admin.remove(id);
    expect(await asWorkload()).toBe(401);
  });

  it('is created by the example of the documentation, once the example of its issuer is', async () => {
    const issuer = NEW_ISSUER['GitHub Actions']?.value;
    const client = { ...NEW_CLIENT['A workflow of GitHub Actions, without a secret']?.value };
    // Its keys are here, so that nothing is requested from GitHub.
    await trustIssuer(service, admin, { ...issuer, keys: ci.entry()['keys'], algorithms: ['ES256'] });
    const { status, body } = await admin.create(client);
    expect([status, body]).toEqual([201, expect.objectContaining(client)]);
  });

  it('does not pass its credentials to a later client with the same ID', async () => {
    await create({ federated_credentials: [credential()] });
    await admin.remove(id);
    await create({});
    expect(await asWorkload()).toBe(401);
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown issuer',
      { federated_credentials: [{ issuer: 'x', subject: 'job' }] },
      /no trusted issuer "x"/,
    ],
    ['an unknown issuer of users', { jwt_bearer: { issuers: ['x'] } }, /no trusted issuer "x"/],
    ['a bad pointer', { federated_credentials: [credential({ claims: { env: 'x' } })] }, /JSON pointers/],
    [
      'a wildcard without a condition',
      { federated_credentials: [credential({ subject: 'a:b:*' })] },
      /condition/,
    ],
    [
      '21 credentials',
      { federated_credentials: Array.from({ length: 21 }, () => credential()) },
      /at most 20/,
    ],
  ])('is refused with %s, new or changed', async (_name, refusedFields, words) => {
    expect(await create(refusedFields)).toMatchObject(invalid(words));
    expect((await create({})).status).toBe(201);
    expect(await update(refusedFields)).toMatchObject(invalid(words));
  });

  it('may not have the credential of another client, whatever the order of its conditions', async () => {
    await create({ federated_credentials: [credential({ claims: { '/a': [1, 2], '/b': 'x' } })] });
    const same = { federated_credentials: [credential({ claims: { '/b': ['x'], '/a': [2, 1] } })] };
    id = `other-${made}`;
    expect(await create(same)).toMatchObject(conflict(/Another client/));
    await create({});
    expect(await update(same)).toMatchObject(conflict(/Another client/));
    expect((await admin.show(id)).body['federated_credentials']).toEqual([]);
  });

  it('may not have the iss of a trusted issuer as its ID', async () => {
    expect(await admin.create({ client_id: 'idp.example' })).toMatchObject(conflict(/issuer/));
  });

  it('keeps its issuers from being deleted, by either field', async () => {
    const entries: readonly (readonly [OutsideIssuer, object])[] = [
      [new OutsideIssuer('named-1'), { federated_credentials: [credential({ issuer: 'named-1' })] }],
      [new OutsideIssuer('named-2'), { jwt_bearer: { issuers: ['named-2'] } }],
    ];
    for (const [issuer, naming] of entries) {
      const remove = (): Promise<ServiceResponse> =>
        administerIssuers(service, admin, 'DELETE', `/${issuer.id}`);
      await trustIssuer(service, admin, issuer.entry());
      id = `naming-${issuer.id}`;
      await create(naming);
      expect(await remove()).toMatchObject({ status: 409 });
      await admin.remove(id);
      expect((await remove()).status).toBe(204);
    }
  });
});

describe('the last credentials of a client', () => {
  it('are not removed by a change of any field', async () => {
    await create({ federated_credentials: [credential()], token_endpoint_auth_methods: ['federated'] });
    for (const patch of [
      { federated_credentials: [] },
      { federated_credentials: null },
      { token_endpoint_auth_methods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] },
      { token_endpoint_auth_methods: [] },
    ]) {
      expect(await update(patch)).toMatchObject(conflict(/could not authenticate/));
    }
    expect(await asWorkload()).toBe(200);
    expect((await update({ disabled: true, grant_types: [] })).status).toBe(200);
  });

  it('may be a federated credential in place of the secret', async () => {
    const { body } = await create({ federated_credentials: [credential()] });
    const [{ secret_id = '' } = {}] = body['secrets'] as { secret_id?: string }[];
    expect((await admin.endSecret(id, secret_id)).status).toBe(204);
    expect(await asWorkload()).toBe(200);
    expect(await update({ federated_credentials: [] })).toMatchObject(conflict(/could not authenticate/));
  });

  it('may be a secret only if it can be used', async () => {
    const { body } = await create({
      federated_credentials: [credential()],
      token_endpoint_auth_methods: ['client_secret_basic'],
    });
    const [{ secret_id = '' } = {}] = body['secrets'] as { secret_id?: string }[];
    expect(await admin.endSecret(id, secret_id)).toMatchObject(conflict(/could not authenticate/));
  });
});

describe('token_endpoint_auth_methods', () => {
  it.each<[string, string[] | null, number[]]>([
    ['null', null, [200, 200, 200]],
    ['client_secret_basic', ['client_secret_basic'], [200, 200, 401]],
    ['client_secret_post', ['client_secret_post'], [401, 401, 200]],
    ['both', ['client_secret_basic', 'client_secret_post'], [200, 200, 200]],
  ])('%s decides by which methods a secret is accepted', async (_name, methods, statuses) => {
    const { body } = await create({ token_endpoint_auth_methods: methods });
    expect(await bySecret(body['client_secret'])).toEqual(statuses);
  });

  it('refuses a right secret by another method as a wrong one', async () => {
    const { body } = await create({ token_endpoint_auth_methods: ['client_secret_post'] });
    const attempts = [String(body['client_secret']), 'wrong'].map((secret) => basic(id, secret));
    const responses = await Promise.all(
      attempts.map((authorization) =>
        service.form('/oauth2/token', { grant_type: 'client_credentials' }, { authorization }),
      ),
    );
    const [right, wrong] = responses.map((response) => [refusalOf(response), response.text]);
    expect(right).toEqual(wrong);
    expect(responses.map(refusalOf)).toEqual([
      refused('invalid_client', 401),
      refused('invalid_client', 401),
    ]);
  });

  it('without a method for secrets makes none and adds none, and existing ones are not accepted', async () => {
    const { body } = await create({ federated_credentials: [credential()] });
    const methods = { token_endpoint_auth_methods: ['federated'] };
    expect((await update(methods)).status).toBe(200);
    expect(await bySecret(body['client_secret'])).toEqual([401, 401, 401]);
    expect(await admin.addSecret(id)).toMatchObject(conflict(/token_endpoint_auth_methods/));
    await update({ token_endpoint_auth_methods: null });
    expect(await bySecret(body['client_secret'])).toEqual([200, 200, 200]);
    expect((await admin.addSecret(id)).status).toBe(201);
  });
});

describe('grant_types', () => {
  const asGrant = (): Promise<ServiceResponse> =>
    service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion: ci.token({ sub: `job-${made}` }) });
  const asUser = (authorization: string): Promise<ServiceResponse> =>
    service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion: idp.token() }, { authorization });
  const everything = {
    workload_grant: true,
    jwt_bearer: { issuers: ['idp'] },
  };

  /** The statuses of every route to a token. */
  async function routes(secret: unknown): Promise<number[]> {
    const user = await asUser(basic(id, String(secret)));
    return [...(await bySecret(secret)), await asWorkload(), (await asGrant()).status, user.status];
  }

  it('left out is client_credentials alone, however many grants there are', async () => {
    const { body } = await create({ ...everything, federated_credentials: [credential()] });
    expect(body['grant_types']).toEqual(['client_credentials']);
    expect(await routes(body['client_secret'])).toEqual([200, 200, 200, 200, 400, 400]);
    const refusal = refused('unauthorized_client');
    expect(refusalOf(await asGrant())).toEqual(refusal);
    expect(refusalOf(await asUser(basic(id, String(body['client_secret']))))).toEqual(refusal);
  });

  it('[] gets no token by any route', async () => {
    const { body } = await create({
      ...everything,
      federated_credentials: [credential()],
      grant_types: [],
    });
    expect(await routes(body['client_secret'])).toEqual([403, 400, 400, 400, 400, 400]);
    await update({ grant_types: ['client_credentials', JWT_BEARER] });
    expect(await routes(body['client_secret'])).toEqual([200, 200, 200, 200, 200, 200]);
  });
});
