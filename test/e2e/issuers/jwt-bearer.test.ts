import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
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
const RESOURCE = 'https://api.example/mcp';

const idp = new OutsideIssuer('idp');
const jag = new OutsideIssuer('jag');
const plain = new OutsideIssuer('plain');

let service: RunningApp;
let portal: TestClient;

beforeAll(async () => {
  service = await RunningApp.start({ maxDelegationDepth: 3 });
  const administrator = await Administrator.of(service);
  const uses = ['jwt_bearer'];
  await trustIssuer(
    service,
    administrator,
    idp.entry({
      uses,
      claims: {
        '/email': 'email',
        '/realm/roles': 'roles',
        '/level': 'level',
        '/staff': 'staff',
        '/a~1b': 'deep',
      },
      scopes_claim: '/permissions',
    }),
  );
  await trustIssuer(service, administrator, jag.entry({ uses, id_jag: true }));
  await trustIssuer(
    service,
    administrator,
    plain.entry({ uses, subject: 'as_is', replay: { jwt_bearer: 'reusable' } }),
  );
  portal = await makeClient(service, 'portal', {
    audiences: ['logging-service', 'billing', RESOURCE, 'identity-backend'],
    default_audience: 'logging-service',
    scopes: ['logs:read', 'logs:write', 'identity:admin'],
    grant_types: [JWT_BEARER],
    jwt_bearer: { issuers: ['idp', 'jag', 'plain'], impersonate: ['idp:service-*'] },
  });
});
beforeEach(() => {
  service.clock.set(NEW_YEAR);
  service.captured.clear();
});
afterAll(() => service.stop());

type Parameters = Readonly<Record<string, string>>;

const present = (
  assertion: string,
  parameters: Parameters = {},
  { authorization }: Pick<TestClient, 'authorization'> = portal,
): Promise<ServiceResponse> =>
  service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion, ...parameters }, { authorization });

/** The claims of the token that an assertion gets, which must verify. */
async function granted(
  claims: OutsideClaims,
  parameters: Parameters = {},
  issuer = idp,
  difference: OutsideDifference = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body, text } = await present(issuer.token(claims, difference), parameters);
  if (status !== 200) throw new Error(`Refused by ${String(refusedCheck(service))}: ${text}`);
  const verified = await service.verify(String(body['access_token']), parameters['audience']);
  expect(verified.status).toBe(200);
  return verified.body['claims'] as Readonly<Record<string, unknown>>;
}

describe('the token for a user', () => {
  it('is about the mapped subject and names the client as the actor', async () => {
    expect(await granted({ sub: 'alice', email: 'a@example', aud: ['identity-backend', 'x'] })).toEqual({
      iss: 'identity-backend',
      sub: 'idp:alice',
      aud: 'logging-service',
      client_id: 'portal',
      act: { sub: 'portal' },
      email: 'a@example',
      iat: NEW_YEAR,
      exp: NEW_YEAR + 300,
      jti: expect.any(String),
    });
  });

  it('is an access token in a response that may not be stored, without a refresh token', async () => {
    const { body, headers } = await present(idp.token());
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    expect(headers.get('cache-control')).toBe('no-store');
    const [head = ''] = String(body['access_token']).split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toMatchObject({ typ: 'at+jwt' });
  });

  it('has the sub itself if the entry says so', async () => {
    expect(await granted({ sub: 'alice' }, {}, plain)).toMatchObject({
      sub: 'alice',
      act: { sub: 'portal' },
    });
  });

  it('names no actor for a subject that the client may impersonate', async () => {
    const claims = await granted({ sub: 'service-1' });
    expect(claims).toMatchObject({ sub: 'idp:service-1', client_id: 'portal' });
    expect(claims).not.toHaveProperty('act');
  });

  it('keeps those that acted before, each with its issuer, also for an impersonated subject', async () => {
    const act = { sub: 'gateway', act: { sub: 'bot', iss: 'https://else.example', kind: 'robot' } };
    expect((await granted({ sub: 'service-1', act }))['act']).toEqual({
      sub: 'portal',
      act: {
        iss: idp.issuer,
        sub: 'gateway',
        act: { sub: 'bot', iss: 'https://else.example', kind: 'robot' },
      },
    });
  });

  it('has the mapped claims that a token may have, and no others', async () => {
    const claims = await granted({
      email: 'a@example',
      realm: { roles: ['reader', 'writer'] },
      level: 3,
      staff: true,
      'a/b': { nested: true },
      txn: 'transaction-1',
      nonce: 'not mapped',
    });
    expect(claims).toMatchObject({ email: 'a@example', roles: ['reader', 'writer'], level: 3, staff: true });
    expect(Object.keys(claims)).not.toEqual(expect.arrayContaining(['deep']));
    expect(claims).not.toHaveProperty('txn');
    expect(claims).not.toHaveProperty('nonce');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an object', { a: 1 }],
    ['an array with a number', ['a', 1]],
    ['over 4 KiB', 'x'.repeat(4096)],
  ])('omits a mapped claim that is %s', async (_name, email) => {
    expect(await granted({ email })).not.toHaveProperty('email');
  });

  it('expires with the assertion, or with the lifetime of the service', async () => {
    expect(await granted({ exp: NEW_YEAR + 60.9 })).toMatchObject({ exp: NEW_YEAR + 60 });
    expect(await granted({ exp: NEW_YEAR + 3600 })).toMatchObject({ exp: NEW_YEAR + 900 });
  });

  it('does not expire with the assertion if the client need not', async () => {
    const longer = await makeClient(service, 'longer', {
      audiences: ['logging-service'],
      grant_types: [JWT_BEARER],
      jwt_bearer: { issuers: ['idp'], limit_to_assertion: false },
    });
    const { body } = await present(idp.token({ exp: NEW_YEAR + 60 }), {}, longer);
    expect(body['expires_in']).toBe(900);
  });

  it('is audited with the entry, and no other claim than the subject', async () => {
    await granted({ sub: 'alice', email: 'private@example' });
    expect(service.captured.lines.filter(({ event }) => event === 'token.issued')).toMatchObject([
      { client_id: 'portal', sub: 'idp:alice', trusted_issuer: 'idp' },
    ]);
    expect(service.captured.text).not.toContain('private@example');
  });
});

describe('the scope', () => {
  it.each<[string, OutsideClaims, Parameters, string | undefined]>([
    ['none asked, none asserted', {}, {}, undefined],
    ['none asked, some asserted', { scope: 'logs:write other logs:read' }, {}, 'logs:write logs:read'],
    ['none asked, reserved ones asserted', { scope: 'identity:admin' }, {}, undefined],
    ['asked, none asserted', {}, { scope: 'logs:read' }, 'logs:read'],
    ['asked within the asserted', { scope: 'logs:read logs:write' }, { scope: 'logs:read' }, 'logs:read'],
    ['none asked, an array at the pointer', { permissions: ['logs:read', 'x y', 1] }, {}, 'logs:read'],
    ['none asked, both', { scope: 'logs:read logs:write', permissions: 'logs:write' }, {}, 'logs:write'],
  ])('%s', async (_name, claims, parameters, scope) => {
    const { status, body } = await present(idp.token(claims), parameters);
    expect([status, body['scope']]).toEqual([200, scope]);
  });

  it.each<[string, OutsideClaims, string]>([
    ['beyond the client', { scope: 'other' }, 'other'],
    ['beyond the assertion', { scope: 'logs:read' }, 'logs:write'],
    ['beyond an empty assertion', { scope: '' }, 'logs:write'],
    ['of administration', {}, 'identity:admin'],
  ])('%s is refused', async (_name, claims, scope) => {
    expect(refusalOf(await present(idp.token(claims), { scope }))).toEqual(refused('invalid_scope'));
  });

  it.each([5, null, true, { 'logs:read': true }, [], [1, ['logs:read']], '', ' ', '"', 'l\u00f6gs'])(
    'is empty if the claim at the pointer is %j',
    async (permissions) => {
      const assertion = (): string => idp.token({ permissions });
      expect((await present(assertion())).body).not.toHaveProperty('scope');
      expect(refusalOf(await present(assertion(), { scope: 'logs:read' }))).toEqual(refused('invalid_scope'));
    },
  );
});

describe('the audience', () => {
  it.each<[string, OutsideClaims, string | undefined, Parameters]>([
    ['that is the default', {}, 'logging-service', {}],
    ['that was asked', {}, 'billing', { audience: 'billing' }],
    ['within the resource', { resource: RESOURCE }, RESOURCE, { resource: RESOURCE }],
    ['within several resources', { resource: ['billing', 'x'] }, 'billing', { audience: 'billing' }],
  ])('%s is granted', async (_name, claims, aud, parameters) => {
    const { status, body } = await present(idp.token(claims), parameters);
    const [, part = ''] = String(body['access_token']).split('.');
    expect(status).toBe(200);
    expect(JSON.parse(Buffer.from(part, 'base64url').toString())).toMatchObject({ aud });
  });

  it.each<[string, OutsideClaims, Parameters]>([
    ['beyond the client', {}, { audience: 'other' }],
    ['that is the service itself', {}, { audience: 'identity-backend' }],
    ['beyond the resource', { resource: RESOURCE }, { audience: 'billing' }],
    ['that is the default, beyond the resource', { resource: RESOURCE }, {}],
    ['of the assertion', { aud: ['identity-backend', 'other'] }, { audience: 'other' }],
  ])('%s is refused', async (_name, claims, parameters) => {
    expect(refusalOf(await present(idp.token(claims), parameters))).toEqual(refused('invalid_target'));
  });
});

describe('an assertion is refused', () => {
  it.each<[string, string, OutsideClaims]>([
    ['that expires within a second', 'times', { exp: NEW_YEAR + 0.9 }],
    ['that is bound to a key', 'rules', { cnf: { jkt: 'x' } }],
    ['whose may_act names another', 'rules', { may_act: { sub: 'other' } }],
    ['whose may_act has no sub', 'rules', { may_act: { client_id: 'portal' } }],
    ['whose may_act has another issuer', 'rules', { may_act: { sub: 'portal', iss: idp.issuer } }],
    ['whose may_act has an unknown field', 'rules', { may_act: { sub: 'portal', role: 'x' } }],
    ['whose may_act is no object', 'rules', { may_act: 'portal' }],
    ['whose may_act is null', 'rules', { may_act: null }],
    ['whose act is no object', 'rules', { act: 'gateway' }],
    ['whose act has no sub', 'rules', { act: { act: { sub: 'x' } } }],
    ['whose act names a client of ours', 'rules', { act: { sub: 'admin', iss: 'identity-backend' } }],
    ['whose act has an issuer with a space', 'rules', { act: { sub: 'admin', iss: 'identity-backend ' } }],
    ['whose act is too long', 'rules', { act: { sub: 'a', act: { sub: 'b', act: { sub: 'c' } } } }],
    ['whose scope is malformed', 'rules', { scope: 'a  b' }],
    ['whose resource is malformed', 'rules', { resource: [1] }],
    ['without jti', 'replay', { jti: undefined }],
    ['with a jti of 257 bytes', 'replay', { jti: 'x'.repeat(257) }],
    ['whose subject would be over 255 characters', 'subject', { sub: 'x'.repeat(252) }],
    ['whose subject has invisible characters', 'subject', { sub: 'a\u202eb' }],
  ])('%s, by the check %s', async (_name, check, claims) => {
    expect(refusalOf(await present(idp.token(claims)))).toEqual(refused('invalid_grant'));
    expect(refusedCheck(service)).toBe(check);
  });

  it.each<[string, string]>([
    ['is the ID of a client', 'portal'],
    ['begins as those of another entry', 'idp:alice'],
  ])('whose subject %s, if the entry takes subjects as they are', async (_name, sub) => {
    expect(refusalOf(await present(plain.token({ sub })))).toEqual(refused('invalid_grant'));
    expect(refusedCheck(service)).toBe('subject');
  });

  it('that may_act allows is accepted', async () => {
    const may_act = { sub: 'portal', iss: 'identity-backend', client_id: 'portal' };
    expect(await granted({ may_act })).not.toHaveProperty('may_act');
  });

  it('a second time', async () => {
    const assertion = idp.token();
    expect((await present(assertion)).status).toBe(200);
    expect(refusalOf(await present(assertion))).toEqual(refused('invalid_grant'));
    expect(refusedCheck(service)).toBe('replay');
  });

  it('and does not use up the jti of a valid one by a forged one', async () => {
    const jti = 'shared-by-both';
    const forged = new OutsideIssuer('idp').token({ jti });
    expect((await present(forged)).status).toBe(400);
    expect((await present(idp.token({ jti }))).status).toBe(200);
  });

  it('a second time only if the entry says so', async () => {
    const assertion = plain.token();
    expect([(await present(assertion)).status, (await present(assertion)).status]).toEqual([200, 200]);
  });

  it('without assertion', async () => {
    const { authorization } = portal;
    const response = await service.form('/oauth2/token', { grant_type: JWT_BEARER }, { authorization });
    expect(refusalOf(response)).toEqual(refused('invalid_request'));
  });
});

describe('a client may present assertions', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['only with the grant', { jwt_bearer: { issuers: ['idp'] } }, 'unauthorized_client'],
    ['only with jwt_bearer', { grant_types: [JWT_BEARER] }, 'unauthorized_client'],
    [
      'only of the entries that it names',
      { grant_types: [JWT_BEARER], jwt_bearer: { issuers: ['jag'] } },
      'invalid_grant',
    ],
  ])('%s', async (name, fields, error) => {
    const id = name.replaceAll(' ', '-');
    const client = await makeClient(service, id, { audiences: ['logging-service'], ...fields });
    expect(refusalOf(await present(idp.token(), {}, client))).toEqual(refused(error));
  });

  it('only if it authenticates', async () => {
    const wrong = { authorization: `Basic ${Buffer.from('portal:wrong').toString('base64')}` };
    expect(refusalOf(await present(idp.token(), {}, wrong))).toEqual(refused('invalid_client', 401));
  });
});

describe('an Identity Assertion JWT Authorization Grant', () => {
  const typ: OutsideDifference = { header: { typ: 'oauth-id-jag+jwt' } };
  const asserted = { client_id: 'portal', resource: RESOURCE, scope: 'logs:read' };

  it('gets a token for its resource and scope', async () => {
    const { status, body } = await present(jag.token(asserted, typ), { resource: RESOURCE });
    expect([status, body['scope']]).toEqual([200, 'logs:read']);
  });

  it.each<[string, string, OutsideClaims, OutsideDifference]>([
    ['of the type JWT', 'type', {}, {}],
    ['without client_id', 'rules', { client_id: undefined }, typ],
    ['for another client', 'rules', { client_id: 'other' }, typ],
    ['for two audiences', 'audience', { aud: ['identity-backend', 'x'] }, typ],
    ['without jti', 'replay', { jti: undefined }, typ],
  ])('%s is refused by the check %s', async (_name, check, claims, difference) => {
    const assertion = jag.token({ ...asserted, ...claims }, difference);
    expect(refusalOf(await present(assertion, { resource: RESOURCE }))).toEqual(refused('invalid_grant'));
    expect(refusedCheck(service)).toBe(check);
  });

  it('is refused for an entry without id_jag', async () => {
    expect(refusalOf(await present(idp.token(asserted, typ), { resource: RESOURCE }))).toEqual(
      refused('invalid_grant'),
    );
    expect(refusedCheck(service)).toBe('type');
  });
});
