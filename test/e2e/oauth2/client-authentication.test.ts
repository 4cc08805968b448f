import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  assertionParameters,
  type ClientKey,
  makeAssertion,
  makeClientKey,
} from '../../support/client-assertion.js';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { accessToken, refusalOf, refused } from '../../support/oauth-requests.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const GRANT = { grant_type: 'client_credentials' };

let service: RunningApp;
let worker: TestClient;
let stranger: TestClient;
let key: ClientKey;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  key = makeClientKey('ES256');
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service'],
    jwks: { keys: [key.jwk] },
  });
  stranger = await makeClient(service, 'stranger', { audiences: ['logging-service'] });
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const grant = (
  parameters: Readonly<Record<string, string>> = {},
  authorization?: string,
): Promise<ServiceResponse> =>
  service.form('/oauth2/token', { ...GRANT, ...parameters }, authorization ? { authorization } : {});
const post = (): Readonly<Record<string, string>> => ({
  client_id: worker.id,
  client_secret: worker.secret,
});
const assertion = (): Readonly<Record<string, string>> => assertionParameters(makeAssertion(key, 'worker'));

describe('a client is authenticated', () => {
  it.each<[string, () => Promise<ServiceResponse>]>([
    ['client_secret_basic', () => grant({}, worker.authorization)],
    [
      'client_secret_basic, with client_id in the form',
      () => grant({ client_id: 'worker' }, worker.authorization),
    ],
    [
      'client_secret_basic, with empty parameters of other methods',
      () => grant({ client_secret: '', client_assertion: '' }, worker.authorization),
    ],
    ['client_secret_post', () => grant(post())],
    ['private_key_jwt', () => grant(assertion())],
    ['private_key_jwt, with client_id in the form', () => grant({ ...assertion(), client_id: 'worker' })],
  ])('by %s', async (_name, ask) => {
    const { status, body } = await ask();
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
    });
  });
});

describe('two authentication methods at once', () => {
  it.each<[string, () => Promise<ServiceResponse>]>([
    ['the header and a secret', () => grant(post(), worker.authorization)],
    ['the header and a secret without client_id', () => grant({ client_secret: 'x' }, worker.authorization)],
    ['the header and an assertion', () => grant(assertion(), worker.authorization)],
    ['a secret and an assertion', () => grant({ ...post(), ...assertion() })],
    ['all three', () => grant({ ...post(), ...assertion() }, worker.authorization)],
  ])('are invalid_request, without a challenge: %s', async (_name, ask) => {
    const response = await ask();
    expect(refusalOf(response)).toEqual(refused('invalid_request'));
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
  });

  it.each<[string, string]>([
    ['an access token', 'Bearer x'],
    ['malformed credentials', 'Basic !'],
    ['a wrong secret', basic('worker', 'x')],
  ])('are invalid_client with %s in the header, which is checked before the body', async (_name, header) => {
    const response = await grant(post(), header);
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it('do not use up the assertion', async () => {
    const parameters = assertion();
    expect((await grant(parameters, worker.authorization)).status).toBe(400);
    expect((await grant(parameters)).status).toBe(200);
  });
});

describe('client_id in addition to another method must name the same client', () => {
  it('as the header: another is invalid_request, or invalid_client if the secret is wrong', async () => {
    const response = await grant({ client_id: stranger.id }, basic('worker', worker.secret));
    expect(refusalOf(response)).toEqual(refused('invalid_request'));
    const wrong = await grant({ client_id: stranger.id }, basic('worker', 'x'));
    expect(refusalOf(wrong)).toEqual(refused('invalid_client', 401));
  });

  it('as the assertion: another is invalid_client', async () => {
    const response = await grant({ ...assertion(), client_id: stranger.id });
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
  });
});

describe('failed authentication is invalid_client', () => {
  const CHALLENGED: [string, () => Promise<ServiceResponse>][] = [
    ['a wrong secret', () => grant({}, basic('worker', stranger.secret))],
    ['an unknown client', () => grant({}, basic('nobody', worker.secret))],
    ['credentials without a colon', () => grant({}, `Basic ${Buffer.from('worker').toString('base64')}`)],
    ['credentials that are not base64', () => grant({}, 'Basic *')],
    ['another scheme', () => grant({}, 'Bearer x')],
    ['a scheme without credentials', () => grant({ client_id: 'worker' }, 'x')],
  ];
  const UNCHALLENGED: [string, () => Promise<ServiceResponse>][] = [
    ['no credentials', () => grant()],
    ['client_id alone', () => grant({ client_id: 'worker' })],
    ['an empty secret', () => grant({ client_id: 'worker', client_secret: '' })],
    ['a wrong secret', () => grant({ client_id: 'worker', client_secret: stranger.secret })],
    ['a secret in another case', () => grant({ ...post(), client_secret: worker.secret.toUpperCase() })],
    ['a secret with a trailing space', () => grant({ ...post(), client_secret: `${worker.secret} ` })],
    ['a secret without client_id', () => grant({ client_secret: worker.secret })],
    ['an unknown client', () => grant({ client_id: 'nobody', client_secret: worker.secret })],
    ['an ID in another case', () => grant({ ...post(), client_id: 'Worker' })],
    ['a name of Object.prototype', () => grant({ ...post(), client_id: 'constructor' })],
    ['an ID of 60 KB', () => grant({ ...post(), client_id: 'x'.repeat(60_000) })],
    [
      'an assertion without client_assertion_type',
      () => grant({ client_assertion: makeAssertion(key, 'worker') }),
    ],
    [
      'client_assertion_type with an empty assertion',
      () => grant({ client_id: 'worker', ...assertionParameters('') }),
    ],
    [
      'an assertion of another type',
      () =>
        grant({
          ...assertion(),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
        }),
    ],
    [
      'an assertion with the jwt-bearer grant type as its type',
      () => grant({ ...assertion(), client_assertion_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }),
    ],
  ];

  it.each(CHALLENGED)('with a challenge if the credentials are in the header: %s', async (_name, ask) => {
    const response = await ask();
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it.each(UNCHALLENGED)('without a challenge if there is no header: %s', async (_name, ask) => {
    const response = await ask();
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
  });

  it('with the same response for an unknown or disabled client and a wrong secret or key', async () => {
    const otherKey = makeClientKey('ES256');
    const disabled = await makeClient(service, 'disabled', { disabled: true, jwks: { keys: [key.jwk] } });
    const said = async (ask: Promise<ServiceResponse>): Promise<object> => {
      const { status, text, headers } = await ask;
      const seen = Object.fromEntries(headers);
      delete seen['x-request-id'];
      delete seen['date'];
      return { status, text, seen };
    };
    const signed = (id: string, by = otherKey): Promise<object> =>
      said(grant(assertionParameters(makeAssertion(by, id))));
    const byHeader = await said(grant({}, basic('worker', 'wrong')));
    expect(await said(grant({}, basic('nobody', 'wrong')))).toEqual(byHeader);
    expect(await said(grant({}, disabled.authorization))).toEqual(byHeader);
    const inForm = await said(grant({ client_id: 'worker', client_secret: 'wrong' }));
    expect(await said(grant({ client_id: 'nobody', client_secret: 'wrong' }))).toEqual(inForm);
    expect(await said(grant({ client_id: 'disabled', client_secret: disabled.secret }))).toEqual(inForm);
    expect(await signed('worker')).toEqual(inForm);
    expect(await signed('nobody')).toEqual(inForm);
    expect(await signed('disabled', key)).toEqual(inForm);
    expect(await signed('stranger')).toEqual(inForm);
  });
});

describe('while a secret is replaced', () => {
  it('both are valid, in the header and the form, until the previous one is revoked', async () => {
    const admin = await Administrator.of(service);
    const client = await makeClient(service, 'changing', { audiences: ['logging-service'] });
    const { body } = await admin.addSecret('changing', {});
    const next = String(body['client_secret']);
    const statuses = async (secret: string): Promise<number[]> => {
      const responses = [
        await grant({}, basic('changing', secret)),
        await grant({ client_id: 'changing', client_secret: secret }),
      ];
      return responses.map(({ status }) => status);
    };
    expect([await statuses(client.secret), await statuses(next)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    await admin.endSecret('changing', client.secretId);
    expect([await statuses(client.secret), await statuses(next)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
  });

  it('tokens that were issued for the previous one stay valid', async () => {
    const admin = await Administrator.of(service, 'second-admin');
    const client = await makeClient(service, 'changed', { audiences: ['logging-service'] });
    const token = await accessToken(service, client);
    await admin.addSecret('changed', {});
    await admin.endSecret('changed', client.secretId);
    expect((await service.verify(token)).status).toBe(200);
  });
});
