import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { IssuerDescription } from '../../../src/admin/issuer-description.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { issuerFindings } from '../../../src/diagnostics/issuer-findings.js';
import { IssuerAdministration } from '../../../src/issuers/issuer-administration.js';
import { IssuerRegistry } from '../../../src/issuers/issuer-registry.js';
import { assertionParameters } from '../../support/client-assertion.js';
import { Administrator } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { administerIssuers, refusedCheck } from '../../support/outside-issuer.js';
import { Platform, PLATFORM_AUDIENCE, type PlatformName } from '../../support/platform-tokens.js';
import { objectsUnder, type Recipe, RECIPES, withKeys } from '../../support/recipes.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

type Claims = Readonly<Record<string, unknown>>;

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
const [WORKLOAD_GRANT = {}] = objectsUnder('A program that sends no client assertion');

let service: RunningApp;
let administrator: Administrator;
const platforms = new Map<PlatformName, Platform>();

function platform(name: PlatformName): Platform {
  const found = platforms.get(name);
  if (!found) throw new Error(`No platform ${name}`);
  return found;
}

/** Enters a disabled entry, whose keys are not fetched, and then the keys of the test. */
async function trust(recipe: Recipe): Promise<void> {
  const { name, entry } = recipe;
  platforms.set(name, await Platform.of(name));
  const disabled = { ...entry, disabled: true };
  const created = await administerIssuers(service, administrator, 'POST', '', disabled);
  if (name === 'Kubernetes with private keys') {
    expect(refusalOf(created)).toEqual({
      status: 400,
      body: { code: 'invalid_request', error: expect.stringContaining('token_file') },
    });
    const described = service.app.get(IssuerDescription).read(disabled, 'command line');
    await service.app.get(IssuerAdministration).create(described, { id: 'command line', requestId: 'test' });
  } else {
    expect(created).toMatchObject({ status: 201, body: disabled });
  }
  const patch = withKeys(recipe, platform(name).keySet);
  const patched = await administerIssuers(service, administrator, 'PATCH', `/${entry.id}`, patch);
  expect([name, patched.status, patched.body['disabled']]).toEqual([name, 200, false]);
}

beforeAll(async () => {
  service = await RunningApp.start({ issuer: PLATFORM_AUDIENCE, authFailureMax: 0 });
  administrator = await Administrator.of(service);
  for (const recipe of RECIPES) {
    await trust(recipe);
    for (const client of recipe.clients) {
      const { status, body } = await administrator.create(client);
      expect({ status, body }).toMatchObject({ status: 201, body: client });
      expect(body).not.toHaveProperty('client_secret');
    }
  }
});
beforeEach(() => {
  service.clock.set(NEW_YEAR);
  service.captured.clear();
});
afterAll(() => service.stop());

const asClient = (token: string, parameters: Claims = {}): Promise<ServiceResponse> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    scope: 'logs:write',
    ...assertionParameters(token),
    ...parameters,
  });
const asWorkload = (assertion: string): Promise<ServiceResponse> =>
  service.form('/oauth2/token', { grant_type: JWT_BEARER, scope: 'logs:write', assertion });

function expectGranted(response: ServiceResponse, clientId: string): void {
  expect([response.status, response.body]).toEqual([
    200,
    { access_token: expect.any(String), token_type: 'Bearer', expires_in: 900, scope: 'logs:write' },
  ]);
  expect(decodeJwt(String(response.body['access_token']))).toMatchObject({
    iss: PLATFORM_AUDIENCE,
    sub: clientId,
    client_id: clientId,
    aud: 'logging-service',
  });
}

describe.each(RECIPES)('a workload of $name', ({ name, clients: [client] }) => {
  const id = String(client?.client_id);

  it('gets a token with the token of its platform, which it may use again', async () => {
    const token = await platform(name).token();
    expectGranted(await asClient(token), id);
    expectGranted(await asClient(token, { client_id: id }), id);
  });

  it('needs the permission of the page to send its token as the grant', async () => {
    const token = await platform(name).token();
    expect(refusalOf(await asWorkload(token))).toEqual(refused('unauthorized_client'));
    expect((await administrator.update(id, WORKLOAD_GRANT)).status).toBe(200);
    expectGranted(await asWorkload(token), id);
  });

  it.each<[string, Claims, string]>([
    ['for another service', { aud: 'https://other.example.com' }, 'audience'],
    ['for two services', { aud: [PLATFORM_AUDIENCE, 'https://other.example.com'] }, 'audience'],
    ['for the token endpoint', { aud: `${PLATFORM_AUDIENCE}/oauth2/token` }, 'audience'],
    ['that lasts for two days', { exp: NEW_YEAR + 172_800 }, 'times'],
    ['without exp', { exp: undefined }, 'form'],
    ['of another issuer', { iss: 'https://attacker.example.com' }, 'issuer'],
  ])('gets nothing with a token %s', async (_name, changes, check) => {
    await expectRefused(name, changes, check);
  });

  it('gets nothing with an expired token', async () => {
    const token = await platform(name).token();
    service.clock.set(Number(platform(name).claims['exp']));
    expect(refusalOf(await asClient(token))).toEqual(refused('invalid_client', 401));
    expect(refusedCheck(service)).toBe('times');
  });
});

/** The response says the same whatever the check that failed; the log names it. */
async function expectRefused(name: PlatformName, changes: Claims, check: string): Promise<void> {
  const token = await platform(name).token(changes);
  const { body } = await asClient('not.a.token');
  const response = await asClient(token);
  expect([response.status, response.body]).toEqual([401, body]);
  expect(refusedCheck(service)).toBe(check);
  service.captured.clear();
  expect(refusalOf(await asWorkload(token))).toEqual(refused('invalid_grant'));
  expect(refusedCheck(service)).toBe(check);
}

const account = (namespace: string, name: string, uid: string): Claims => ({
  sub: `system:serviceaccount:${namespace}:${name}`,
  'kubernetes.io': { namespace, serviceaccount: { name, uid } },
});
const UID = '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798';
const environment = (name: string): Claims => ({
  sub: `repo:acme@123/app@456:environment:${name}`,
  environment: name,
});
const STS = 'https://sts.amazonaws.com/';
const V1 = 'https://sts.windows.net/aaaabbbb-0000-cccc-1111-dddd2222eeee/';

const MISTAKES: readonly (readonly [
  PlatformName,
  ...(readonly [mistake: string, changes: Claims, check?: string])[],
])[] = [
  [
    'Kubernetes with public keys',
    ['another namespace', account('dev', 'report-worker', UID)],
    ['another service account', account('prod', 'default', UID)],
    ['the default token, for the API server', { aud: ['https://kubernetes.default.svc'] }, 'audience'],
    ['kubectl create token --duration 24h', { exp: NEW_YEAR + 86_400 }, 'times'],
    ['another cluster', { iss: 'https://oidc.eks.eu-central-1.amazonaws.com/id/OTHER' }, 'issuer'],
  ],
  [
    'Kubernetes with private keys',
    ['another namespace', account('dev', 'report-worker', UID)],
    ['a service account that was deleted and created again', account('prod', 'report-worker', 'another-uid')],
    [
      'an old token, which has no kubernetes.io claim',
      { 'kubernetes.io': undefined, 'kubernetes.io/serviceaccount/service-account.uid': UID },
    ],
  ],
  [
    'GitHub Actions',
    ['another repository', { sub: 'repo:acme@123/other@457:ref:refs/heads/main', repository_id: '457' }],
    ['a repository that took the name', { sub: 'repo:acme@999/app@998:ref:refs/heads/main' }],
    ['the subject with another repository_id', { repository_id: '998' }],
    ['another branch', { sub: 'repo:acme@123/app@456:ref:refs/heads/feature' }],
    ['a pull request', { sub: 'repo:acme@123/app@456:pull_request', event_name: 'pull_request' }],
    ['another environment', environment('staging')],
    ['an environment in another case', environment('Production')],
    ['an environment only in the subject', { ...environment('production'), environment: undefined }],
    ['no IDs in the subject', { sub: 'repo:acme/app:ref:refs/heads/main' }],
    [
      'an old name that someone else registered',
      { sub: 'repo:acme/old-app:ref:refs/heads/main', repository_id: '9789', repository_owner_id: '9123' },
    ],
    ['the default audience of GitHub', { aud: 'https://github.com/acme' }, 'audience'],
  ],
  [
    'GitLab CI/CD',
    ['another project', { sub: 'project_path:acme/other:ref_type:branch:ref:main', project_id: '21' }],
    ['a project that took the path', { project_id: '21' }],
    ['another branch', { sub: 'project_path:acme/app:ref_type:branch:ref:feature', ref: 'feature' }],
    ['a tag with the name of the branch', { sub: 'project_path:acme/app:ref_type:tag:ref:main' }],
    ['an unprotected branch', { ref_protected: 'false' }],
    ['another environment', { environment: 'staging' }],
    ['no environment', { environment: undefined }],
    ['a job with a timeout of two hours', { exp: NEW_YEAR + 7200 }, 'times'],
  ],
  [
    'AWS',
    ['another role', { sub: 'arn:aws:iam::123456789012:role/other' }],
    ['the role of another account', { sub: 'arn:aws:iam::999999999999:role/report-worker' }],
    [
      'the account only in the tags of the request',
      { [STS]: { request_tags: { aws_account: '123456789012' } } },
    ],
    ['another account of the organization', { iss: 'https://other.tokens.sts.global.api.aws' }, 'issuer'],
  ],
  [
    'Google Cloud',
    ['another service account', { sub: '112010400000000710081' }],
    ['the email address of a deleted account', { sub: '112010400000000710082' }],
    ['another project', { google: { compute_engine: { project_id: 'acme-dev' } } }],
    ['Cloud Run, which names no machine', { google: undefined }],
  ],
  [
    'Microsoft Entra',
    ['another service principal', { sub: 'bbbbbbbb-bbbb-cccc-1111-222222222222' }],
    ['another application', { azp: '99999999-aaaa-2222-bbbb-3333cccc4444' }],
    ['a token of version 1', { iss: V1, ver: '1.0' }, 'issuer'],
    ["a managed identity's own token", { exp: NEW_YEAR + 86_700 }, 'times'],
    ['a token for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }, 'audience'],
  ],
  [
    'SPIFFE',
    ['another workload', { sub: 'spiffe://example.org/ns/prod/sa/other' }],
    ['a path under that of the workload', { sub: 'spiffe://example.org/ns/prod/sa/report-worker/child' }],
    ['another trust domain', { sub: 'spiffe://example.com/ns/prod/sa/report-worker' }, 'issuer'],
    ['no path', { sub: 'spiffe://example.org' }, 'issuer'],
  ],
];

describe.each(MISTAKES)('a workload of %s gets nothing with', (name, ...mistakes) => {
  it.each(mistakes)('%s', async (_mistake, changes, check = 'rules') => {
    await expectRefused(name, changes, check);
  });
});

describe('GitHub Actions', () => {
  it('lets in a job of the environment', async () => {
    expectGranted(
      await asClient(await platform('GitHub Actions').token(environment('production'))),
      'app-deploy',
    );
  });

  it('lets in a repository with names only by its IDs', async () => {
    const token = await platform('GitHub Actions').token({
      sub: 'repo:acme/old-app:ref:refs/heads/main',
      repository_id: '789',
    });
    expectGranted(await asClient(token), 'old-app-deploy');
  });
});

describe('SPIFFE', () => {
  it('is accepted by its own assertion type, which the others are not', async () => {
    const type = { client_assertion_type: JWT_SPIFFE };
    expectGranted(await asClient(await platform('SPIFFE').token(), type), 'report-spiffe');
    const other = await asClient(await platform('AWS').token(), type);
    expect(refusalOf(other)).toEqual(refused('invalid_client', 401));
  });

  it('is accepted with the issuer of the SPIRE server', async () => {
    const token = await platform('SPIFFE').token({ iss: 'spiffe://example.org' });
    expectGranted(await asClient(token), 'report-spiffe');
  });
});

it('doctor finds nothing wrong with the recipes', () => {
  const issuers = new Map([...service.app.get(IssuerRegistry).all].map((entry) => [entry.id, entry]));
  const { clients } = service.app.get(ClientRegistry).page(Infinity);
  expect(issuers.size).toBe(RECIPES.length);
  expect(issuerFindings(issuers, clients, NEW_YEAR * 1000)).toEqual([]);
});

it('the key of one platform signs for no other', async () => {
  const { claims } = platform('GitHub Actions');
  await expectRefused('GitLab CI/CD', claims, 'key');
});
