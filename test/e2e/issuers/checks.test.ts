import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertionParameters, makeClientKey } from '../../support/client-assertion.js';
import { Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { base64Url } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import {
  administerIssuers,
  type OutsideClaims,
  type OutsideDifference,
  OutsideIssuer,
  refusedCheck,
  trustIssuer,
} from '../../support/outside-issuer.js';
import { RunningApp, type ServiceResponse } from '../../support/running-app.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ENDPOINT = 'https://id.example/oauth2/token';

const corporate = new OutsideIssuer('corporate');
const other = new OutsideIssuer('other');
const off = new OutsideIssuer('switched-off');
const rsa = new OutsideIssuer('rsa', 'https://rsa.example', 'RS256');

let service: RunningApp;
let administrator: Administrator;
let portal: TestClient;

const settings = { publicUrl: 'https://id.example', authFailureMax: 0 } as const;

beforeAll(async () => {
  service = await RunningApp.start(settings);
  administrator = await Administrator.of(service);
  const uses = ['client_authentication', 'jwt_bearer'];
  const audiences = ['identity-backend', ENDPOINT];
  await trustIssuer(service, administrator, corporate.entry({ uses, audiences }));
  await trustIssuer(service, administrator, other.entry({ uses: ['token_exchange'] }));
  await trustIssuer(service, administrator, off.entry({ uses, disabled: true }));
  await trustIssuer(service, administrator, rsa.entry({ uses, algorithms: ['RS256', 'PS256'] }));
  const named = [corporate, off, rsa].map(({ id }) => id);
  await makeClient(service, 'worker', {
    audiences: ['logging-service'],
    grant_types: ['client_credentials', JWT_BEARER],
    workload_grant: true,
    federated_credentials: named.map((issuer) => ({ issuer, subject: 'job-1' })),
  });
  portal = await makeClient(service, 'portal', {
    audiences: ['logging-service'],
    grant_types: [JWT_BEARER],
    jwt_bearer: { issuers: named },
  });
});
beforeEach(() => {
  service.clock.set(NEW_YEAR);
  service.captured.clear();
});
afterAll(() => service.stop());

/** The three ways to present a token, and the refusal of each. */
const USES: Readonly<
  Record<string, readonly [(token: string) => Promise<ServiceResponse>, ReturnType<typeof refused>]>
> = {
  'as a client assertion': [
    (token) =>
      service.form('/oauth2/token', { grant_type: 'client_credentials', ...assertionParameters(token) }),
    refused('invalid_client', 401),
  ],
  'as the grant of a workload': [
    (token) => service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion: token }),
    refused('invalid_grant'),
  ],
  'as the grant of a user': [
    (token) => {
      const { authorization } = portal;
      return service.form('/oauth2/token', { grant_type: JWT_BEARER, assertion: token }, { authorization });
    },
    refused('invalid_grant'),
  ],
};

const header = (parameters: Readonly<Record<string, unknown>>): OutsideDifference => ({ header: parameters });
const raw = (claims: OutsideClaims, parameters: object, sign: (input: string) => string): string => {
  const whole = {
    iss: corporate.issuer,
    sub: 'job-1',
    aud: 'identity-backend',
    exp: NEW_YEAR + 300,
    ...claims,
  };
  const input = `${base64Url(JSON.stringify(parameters))}.${base64Url(JSON.stringify(whole))}`;
  return `${input}.${sign(input)}`;
};
const publicKey = rsa.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** Tokens that are refused for every use, and the check that refuses them. */
const REFUSED: readonly (readonly [string, string, () => string])[] = [
  ['with alg none and no signature', 'form', () => raw({}, { alg: 'none' }, () => '')],
  ['with alg nOnE', 'form', () => raw({}, { alg: 'nOnE' }, () => 'AA')],
  ['with crit', 'form', () => corporate.token({}, header({ crit: ['exp'] }))],
  ['with a key in its header', 'form', () => corporate.token({}, header({ jwk: corporate.key.jwk }))],
  ['with jku', 'form', () => corporate.token({}, header({ jku: 'https://attacker.example' }))],
  ['with a kid that is not a string', 'form', () => corporate.token({}, header({ kid: 1 }))],
  ['with padding', 'form', () => `${corporate.token()}=`],
  ['of four parts', 'form', () => `${corporate.token()}.AAAA`],
  ['without exp', 'form', () => corporate.token({ exp: undefined })],
  ['with exp as text', 'form', () => corporate.token({ exp: '2026-01-01' })],
  ['with another iss', 'issuer', () => corporate.token({ iss: `${corporate.issuer}/` })],
  ['with iss in another case', 'issuer', () => corporate.token({ iss: corporate.issuer.toUpperCase() })],
  ['without iss', 'issuer', () => corporate.token({ iss: undefined })],
  ['of a disabled entry', 'issuer', () => off.token({ sub: 'job-1' })],
  ['of an entry without the use', 'issuer', () => other.token({ sub: 'job-1' })],
  [
    'signed by HMAC with the public key',
    'algorithm',
    () =>
      raw({ iss: rsa.issuer }, { alg: 'HS256', kid: 'rsa-1' }, (input) =>
        createHmac('sha256', publicKey).update(input).digest('base64url'),
      ),
  ],
  [
    'with an alg that the entry lacks',
    'algorithm',
    () => corporate.token({}, { key: makeClientKey('ES384') }),
  ],
  [
    'of an EC key under the name of RSA',
    'algorithm',
    () => raw({}, { alg: 'RS256', kid: 'corporate-1' }, () => 'A'.repeat(342)),
  ],
  ['with an unknown kid', 'key', () => corporate.token({}, header({ kid: 'unknown' }))],
  [
    'signed by another key',
    'signature',
    () => corporate.token({}, { key: makeClientKey('ES256', { kid: 'corporate-1' }) }),
  ],
  [
    'signed by the key of another issuer',
    'signature',
    () => corporate.token({}, { key: { ...other.key, jwk: corporate.key.jwk } }),
  ],
  ['that expires now', 'times', () => corporate.token({ exp: NEW_YEAR })],
  ['with an iat 31 seconds ahead', 'times', () => corporate.token({ iat: NEW_YEAR + 31 })],
  ['with an nbf 31 seconds ahead', 'times', () => corporate.token({ nbf: NEW_YEAR + 31 })],
  ['that lives a second too long', 'times', () => corporate.token({ exp: NEW_YEAR + 3601 })],
  [
    'that has no iat and lives a second too long',
    'times',
    () => corporate.token({ iat: undefined, exp: NEW_YEAR + 3601 }),
  ],
  ['without aud', 'audience', () => corporate.token({ aud: undefined })],
  ['for another audience', 'audience', () => corporate.token({ aud: 'another-service' })],
  ['without sub', 'subject', () => corporate.token({ sub: undefined })],
  ['with an empty sub', 'subject', () => corporate.token({ sub: '' })],
  ['of the type at+jwt', 'type', () => corporate.token({ sub: 'job-1' }, header({ typ: 'at+jwt' }))],
  ['of the type dpop+jwt', 'type', () => corporate.token({ sub: 'job-1' }, header({ typ: 'dpop+jwt' }))],
  [
    'of the type oauth-id-jag+jwt',
    'type',
    () => corporate.token({ sub: 'job-1' }, header({ typ: 'oauth-id-jag+jwt' })),
  ],
];

describe.each(Object.entries(USES))('%s', (_use, [present, refusal]) => {
  it.each(REFUSED)('a token %s is refused by the check %s', async (_name, check, token) => {
    expect(refusalOf(await present(token()))).toEqual(refusal);
    expect(refusedCheck(service)).toBe(check);
    expect(service.captured.lines.filter(({ event }) => event === 'outside_token.refused')).toHaveLength(1);
  });

  it.each<[string, OutsideClaims, OutsideDifference]>([
    ['with iat and nbf 30 seconds ahead', { iat: NEW_YEAR + 30, nbf: NEW_YEAR + 30 }, {}],
    ['that lives an hour', { exp: NEW_YEAR + 3600 }, {}],
    ['without kid, of the only key that fits', {}, header({ kid: undefined })],
    ['without typ', {}, header({ typ: undefined })],
    ['of the type jwt', {}, header({ typ: 'jwt' })],
    ['of the type application/JWT', {}, header({ typ: 'application/JWT' })],
    ['with its audience in a list', { aud: ['identity-backend'] }, {}],
  ])('a token %s is accepted', async (_name, claims, difference) => {
    const response = await present(corporate.token({ sub: 'job-1', ...claims }, difference));
    expect([response.status, response.text]).toEqual([200, expect.any(String)]);
  });
});

describe('the audience', () => {
  const [asClient] = USES['as a client assertion'] ?? [];
  const [asWorkload] = USES['as the grant of a workload'] ?? [];
  const [asUser] = USES['as the grant of a user'] ?? [];
  const outcome = async (present: typeof asClient, aud: unknown): Promise<unknown> => {
    service.captured.clear();
    const response = await present?.(corporate.token({ sub: 'job-1', aud }));
    return response?.status === 200 ? 'accepted' : refusedCheck(service);
  };

  it.each<[string, unknown, boolean]>([
    ['of the endpoint', ENDPOINT, true],
    ['of two values, one accepted', ['identity-backend', 'another-service'], true],
    ['of five values, one accepted', ['a', 'b', 'c', 'd', 'identity-backend'], true],
    ['of six values, one accepted', ['a', 'b', 'c', 'd', 'e', 'identity-backend'], false],
    ['of two accepted values', ['identity-backend', ENDPOINT], true],
  ])('%s never authenticates a client', async (_name, aud, isAcceptedForUsers) => {
    expect(await outcome(asClient, aud)).toBe('audience');
    expect(await outcome(asWorkload, aud)).toBe('audience');
    expect(await outcome(asUser, aud)).toBe(isAcceptedForUsers ? 'accepted' : 'audience');
  });
});

it.each([undefined, 'https://public.example'])(
  'the endpoint under the issuer authenticates no client, with PUBLIC_URL %s',
  async (publicUrl) => {
    const own = await RunningApp.start({ issuer: 'https://id.example/', publicUrl });
    const platform = new OutsideIssuer('platform');
    const audiences = ['https://id.example/', ENDPOINT];
    const entry = platform.entry({ uses: ['client_authentication'], audiences });
    await trustIssuer(own, await Administrator.of(own), entry);
    await makeClient(own, 'worker', {
      audiences: ['logging-service'],
      federated_credentials: [{ issuer: 'platform', subject: 'job-1' }],
    });
    const responses = [];
    for (const aud of audiences) {
      const assertion = assertionParameters(platform.token({ sub: 'job-1', aud }));
      responses.push(await own.form('/oauth2/token', { grant_type: 'client_credentials', ...assertion }));
    }
    expect(responses.map(({ status }) => status)).toEqual([200, 401]);
    expect(refusedCheck(own)).toBe('audience');
    await own.stop();
  },
);

describe('an entry that changes', () => {
  it('is refused from the moment it is disabled, although its keys are known', async () => {
    const [present] = USES['as a client assertion'] ?? [];
    const changing = new OutsideIssuer('changing');
    await trustIssuer(service, administrator, changing.entry({ uses: ['client_authentication'] }));
    await makeClient(service, 'changing-worker', {
      audiences: ['logging-service'],
      federated_credentials: [{ issuer: 'changing', subject: 'job-2' }],
    });
    const status = async (): Promise<unknown> => (await present?.(changing.token({ sub: 'job-2' })))?.status;
    expect(await status()).toBe(200);
    await administerIssuers(service, administrator, 'PATCH', '/changing', { disabled: true });
    expect(await status()).toBe(401);
    await administerIssuers(service, administrator, 'PATCH', '/changing', { disabled: false });
    expect(await status()).toBe(200);
    await administerIssuers(service, administrator, 'PATCH', '/changing', { uses: ['jwt_bearer'] });
    expect(await status()).toBe(401);
  });
});
