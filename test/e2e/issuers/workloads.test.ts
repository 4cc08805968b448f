import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertionParameters, makeAssertion, makeClientKey } from '../../support/client-assertion.js';
import { Administrator, makeClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import {
  type OutsideClaims,
  type OutsideDifference,
  OutsideIssuer,
  refusedCheck,
  trustIssuer,
} from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

const ci = new OutsideIssuer('ci');
const strict = new OutsideIssuer('strict');
const spire = new OutsideIssuer('spire');
const clientKey = makeClientKey('ES256');

let service: RunningApp;

beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  const administrator = await Administrator.of(service);
  const uses = ['client_authentication'];
  await trustIssuer(service, administrator, ci.entry({ uses }));
  await trustIssuer(
    service,
    administrator,
    strict.entry({ uses, replay: { client_authentication: 'once' } }),
  );
  const bundle = {
    keys: [
      { ...spire.key.jwk, use: 'jwt-svid' },
      { ...ci.key.jwk, use: 'x509-svid' },
    ],
  };
  await trustIssuer(
    service,
    administrator,
    spire.entry({ uses, keys: { spiffe_bundle: bundle, trust_domain: 'prod.example' } }),
  );
  const audiences = ['logging-service'];
  const grant_types = ['client_credentials', JWT_BEARER];
  const clients: Readonly<Record<string, object>> = {
    deploy: {
      grant_types,
      workload_grant: true,
      scopes: ['logs:write'],
      federated_credentials: [
        { issuer: 'ci', subject: 'repo:acme/app:*', claims: { '/env': ['prod', 'stage'], '/id': 7 } },
        { issuer: 'strict', subject: 'job-1' },
        { issuer: 'spire', subject: 'spiffe://prod.example/ns/web' },
      ],
    },
    'no-grant': {
      grant_types: ['client_credentials'],
      federated_credentials: [{ issuer: 'ci', subject: 'a' }],
    },
    'no-workload': { grant_types, federated_credentials: [{ issuer: 'ci', subject: 'b' }] },
    first: {
      grant_types,
      workload_grant: true,
      federated_credentials: [{ issuer: 'ci', subject: 'shared', claims: { '/x': 1 } }],
    },
    second: {
      grant_types,
      workload_grant: true,
      federated_credentials: [{ issuer: 'ci', subject: 'shared', claims: { '/y': 1 } }],
    },
    disabled: {
      grant_types,
      workload_grant: true,
      disabled: true,
      federated_credentials: [{ issuer: 'ci', subject: 'd' }],
    },
    'by-secret': {
      token_endpoint_auth_methods: ['client_secret_basic'],
      federated_credentials: [{ issuer: 'ci', subject: 'e' }],
    },
    'by-key': {
      jwks: { keys: [clientKey.jwk] },
      token_endpoint_auth_methods: ['federated'],
      federated_credentials: [{ issuer: 'ci', subject: 'f' }],
    },
  };
  for (const [id, fields] of Object.entries(clients)) await makeClient(service, id, { audiences, ...fields });
});
beforeEach(() => {
  service.clock.set(NEW_YEAR);
  service.captured.clear();
});
afterAll(() => service.stop());

type Parameters = Readonly<Record<string, string>>;

const asClient = (token: string, parameters: Parameters = {}): Promise<ServiceResponse> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    ...assertionParameters(token),
    ...parameters,
  });
const asWorkload = (assertion: string, parameters: Parameters = {}): Promise<ServiceResponse> =>
  service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion, ...parameters });

const deploy = (claims: OutsideClaims = {}, difference: OutsideDifference = {}): string =>
  ci.token({ sub: 'repo:acme/app:ref:main', env: 'prod', id: 7, ...claims }, difference);

async function claimsOf({ body }: ServiceResponse): Promise<unknown> {
  const { body: verified } = await service.verify(String(body['access_token']));
  return verified['claims'];
}

const INVALID_CLIENT = refused('invalid_client', 401);

describe('a workload', () => {
  it.each([
    ['as a client', asClient],
    ['by the grant', asWorkload],
  ])('gets the token of its client %s', async (_name, present) => {
    const response = await present(deploy(), { scope: 'logs:write' });
    expect(response.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'logs:write',
    });
    expect(await claimsOf(response)).toEqual({
      iss: 'identity-backend',
      sub: 'deploy',
      aud: 'logging-service',
      client_id: 'deploy',
      scope: 'logs:write',
      iat: NEW_YEAR,
      exp: NEW_YEAR + 900,
      jti: expect.any(String),
    });
  });

  it.each(['/oauth2/introspect', '/oauth2/revoke'])('authenticates at %s', async (path) => {
    const { body } = await asClient(deploy());
    const token = String(body['access_token']);
    const response = await service.form(path, { token, ...assertionParameters(deploy()) });
    expect(response.status).toBe(200);
    const refusal = await service.form(path, { token, ...assertionParameters(deploy({ id: 8 })) });
    expect(refusalOf(refusal)).toEqual(INVALID_CLIENT);
  });

  it('uses its token again, as platforms cache them', async () => {
    const token = deploy({ jti: undefined });
    expect([(await asClient(token)).status, (await asWorkload(token)).status]).toEqual([200, 200]);
  });

  it('uses its token once if the entry says so', async () => {
    const token = strict.token({ sub: 'job-1' });
    expect((await asClient(token)).status).toBe(200);
    expect(refusalOf(await asClient(token))).toEqual(INVALID_CLIENT);
    expect(refusalOf(await asWorkload(token))).toEqual(refused('invalid_grant'));
    expect(refusedCheck(service)).toBe('replay');
  });

  it('may name its client', async () => {
    expect((await asClient(deploy(), { client_id: 'deploy' })).status).toBe(200);
    expect((await asWorkload(deploy(), { client_id: 'deploy' })).status).toBe(200);
    expect(refusalOf(await asClient(deploy(), { client_id: 'first' }))).toEqual(INVALID_CLIENT);
    expect(refusalOf(await asWorkload(deploy(), { client_id: 'unknown' }))).toEqual(refused('invalid_grant'));
  });

  it.each<[string, OutsideClaims]>([
    ['with another environment', { env: 'dev' }],
    ['with an environment in another case', { env: 'Prod' }],
    ['without environment', { env: undefined }],
    ['with an ID as text', { id: '7' }],
    ['with an environment within an object', { env: { name: 'prod' } }],
    ['with the subject that is the prefix', { sub: 'repo:acme/app:' }],
    ['with a subject of another repository', { sub: 'repo:acme/app2:ref:main' }],
    ['with a subject in another case', { sub: 'repo:Acme/app:ref:main' }],
  ])('is refused %s', async (_name, claims) => {
    expect(refusalOf(await asClient(deploy(claims)))).toEqual(INVALID_CLIENT);
    expect(refusedCheck(service)).toBe('rules');
    expect(refusalOf(await asWorkload(deploy(claims)))).toEqual(refused('invalid_grant'));
  });

  it.each<[string, OutsideClaims]>([
    ['another allowed environment', { env: 'stage' }],
    ['an array that contains the environment', { env: ['dev', 'prod'] }],
  ])('is accepted with %s', async (_name, claims) => {
    expect((await asClient(deploy(claims))).status).toBe(200);
  });

  it('that matches two clients is refused unless it names one', async () => {
    const token = (): string => ci.token({ sub: 'shared', x: 1, y: 1 });
    expect(refusalOf(await asClient(token()))).toEqual(INVALID_CLIENT);
    expect(refusedCheck(service)).toBe('rules');
    expect((await asClient(token(), { client_id: 'second' })).status).toBe(200);
    expect(await claimsOf(await asWorkload(ci.token({ sub: 'shared', x: 1 })))).toMatchObject({
      sub: 'first',
    });
  });

  it('of a disabled client is refused', async () => {
    expect(refusalOf(await asClient(ci.token({ sub: 'd' })))).toEqual(INVALID_CLIENT);
    expect(refusalOf(await asWorkload(ci.token({ sub: 'd' })))).toEqual(refused('invalid_grant'));
  });

  it.each<[string, string]>([
    ['whose client lacks the grant', 'a'],
    ['whose client lacks workload_grant', 'b'],
  ])('%s gets no token by the grant, but as a client', async (_name, sub) => {
    expect(refusalOf(await asWorkload(ci.token({ sub })))).toEqual(refused('unauthorized_client'));
    expect((await asClient(ci.token({ sub }))).status).toBe(200);
  });

  it('authenticates only by a method that its client allows', async () => {
    expect(refusalOf(await asClient(ci.token({ sub: 'e' })))).toEqual(INVALID_CLIENT);
    expect((await asClient(ci.token({ sub: 'f' }))).status).toBe(200);
    expect(refusalOf(await asClient(makeAssertion(clientKey, 'by-key')))).toEqual(INVALID_CLIENT);
  });

  it('sends one method of authentication', async () => {
    const authorization = `Basic ${Buffer.from('deploy:x').toString('base64')}`;
    const parameters = { grant_type: 'client_credentials', ...assertionParameters(deploy()) };
    const response = await service.form('/oauth2/token', parameters, { authorization });
    expect(response.body).toMatchObject({ error: expect.stringMatching(/invalid_request|invalid_client/) });
  });

  it('may have a client without a secret', async () => {
    const { body } = await asClient(ci.token({ sub: 'f' }));
    expect(await claimsOf({ body } as ServiceResponse)).toMatchObject({ sub: 'by-key' });
  });
});

describe('a JWT-SVID', () => {
  const sub = 'spiffe://prod.example/ns/web';
  const svid = (claims: OutsideClaims = {}, difference: OutsideDifference = {}): string =>
    spire.token({ iss: undefined, jti: undefined, sub, ...claims }, difference);
  const spiffe = (token: string): Promise<ServiceResponse> =>
    asClient(token, { client_assertion_type: JWT_SPIFFE });

  it.each([
    ['as jwt-spiffe', spiffe],
    ['as jwt-bearer', asClient],
    ['by the grant', asWorkload],
  ])('is found by its trust domain %s', async (_name, present) => {
    expect((await present(svid())).status).toBe(200);
    expect((await present(svid({}, { header: { typ: 'JOSE' } }))).status).toBe(200);
    expect((await present(svid({ iss: spire.issuer }))).status).toBe(200);
  });

  it.each<[string, string, string]>([
    ['of another trust domain', 'issuer', svid({ sub: 'spiffe://other.example/ns/web' })],
    ['of the trust domain alone', 'issuer', svid({ sub: 'spiffe://prod.example' })],
    ['with a dot segment', 'issuer', svid({ sub: 'spiffe://prod.example/ns/../web' })],
    ['with the issuer of another entry', 'rules', ci.token({ sub })],
    [
      'with the right issuer and another trust domain',
      'issuer',
      svid({ iss: spire.issuer, sub: 'spiffe://x/y' }),
    ],
    ['signed by a key of another use', 'key', svid({}, { key: ci.key })],
  ])('%s is refused by the check %s', async (_name, check, token) => {
    expect(refusalOf(await asClient(token))).toEqual(INVALID_CLIENT);
    expect(refusedCheck(service)).toBe(check);
  });

  it('is the only token that jwt-spiffe accepts', async () => {
    expect(refusalOf(await spiffe(deploy()))).toEqual(INVALID_CLIENT);
    expect(refusedCheck(service)).toBe('rules');
    expect(refusalOf(await spiffe(makeAssertion(clientKey, 'by-key')))).toEqual(INVALID_CLIENT);
  });

  it('has the type JOSE only in SPIFFE', async () => {
    expect(refusalOf(await asClient(deploy({}, { header: { typ: 'JOSE' } })))).toEqual(INVALID_CLIENT);
    expect(refusedCheck(service)).toBe('type');
  });
});
