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
import { type Answer, RunningApp } from '../../support/running-app.js';

const GRANT = { grant_type: 'client_credentials' };

let service: RunningApp;
let worker: TestClient;
let stranger: TestClient;
let key: ClientKey;
beforeAll(async () => {
  service = await RunningApp.start({ mostAuthFailures: 0 });
  key = makeClientKey('ES256');
  worker = await makeClient(service, 'worker', {
    audiences: ['logging-service'],
    jwks: { keys: [key.jwk] },
  });
  stranger = await makeClient(service, 'stranger', { audiences: ['logging-service'] });
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const grant = (parameters: Readonly<Record<string, string>> = {}, authorization?: string): Promise<Answer> =>
  service.form('/oauth2/token', { ...GRANT, ...parameters }, authorization ? { authorization } : {});
const post = (): Readonly<Record<string, string>> => ({
  client_id: worker.id,
  client_secret: worker.secret,
});
const assertion = (): Readonly<Record<string, string>> => assertionParameters(makeAssertion(key, 'worker'));

describe('a client is authenticated', () => {
  it.each<[string, () => Promise<Answer>]>([
    ['client_secret_basic', () => grant({}, worker.authorization)],
    [
      'client_secret_basic, with client_id next to it',
      () => grant({ client_id: 'worker' }, worker.authorization),
    ],
    [
      'client_secret_basic, with the parameters of other methods empty',
      () => grant({ client_secret: '', client_assertion: '' }, worker.authorization),
    ],
    ['client_secret_post', () => grant(post())],
    ['private_key_jwt', () => grant(assertion())],
    ['private_key_jwt, with client_id next to it', () => grant({ ...assertion(), client_id: 'worker' })],
  ])('by %s', async (_name, ask) => {
    const { status, body } = await ask();
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
    });
  });
});

describe('two methods at once', () => {
  it.each<[string, () => Promise<Answer>]>([
    ['the header and a secret', () => grant(post(), worker.authorization)],
    ['the header and a secret without client_id', () => grant({ client_secret: 'x' }, worker.authorization)],
    ['the header and an assertion', () => grant(assertion(), worker.authorization)],
    ['a secret and an assertion', () => grant({ ...post(), ...assertion() })],
    ['all three', () => grant({ ...post(), ...assertion() }, worker.authorization)],
  ])('are invalid_request, without a challenge: %s', async (_name, ask) => {
    const answer = await ask();
    expect(refusalOf(answer)).toEqual(refused('invalid_request'));
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
  });

  it.each<[string, string]>([
    ['an access token', 'Bearer x'],
    ['a broken header', 'Basic !'],
    ['a wrong secret', basic('worker', 'x')],
  ])(
    'are not looked for next to %s in the header, which is checked before the body',
    async (_name, header) => {
      const answer = await grant(post(), header);
      expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
    },
  );

  it('do not use up the assertion that was sent', async () => {
    const parameters = assertion();
    expect((await grant(parameters, worker.authorization)).status).toBe(400);
    expect((await grant(parameters)).status).toBe(200);
  });
});

describe('client_id next to another method names the same client', () => {
  it('as the header: any other is invalid_request, once the secret is right', async () => {
    const answer = await grant({ client_id: stranger.id }, basic('worker', worker.secret));
    expect(refusalOf(answer)).toEqual(refused('invalid_request'));
    const wrong = await grant({ client_id: stranger.id }, basic('worker', 'x'));
    expect(refusalOf(wrong)).toEqual(refused('invalid_client', 401));
  });

  it('as the assertion', async () => {
    const answer = await grant({ ...assertion(), client_id: stranger.id });
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
  });
});

describe('what fails is invalid_client', () => {
  const CHALLENGED: [string, () => Promise<Answer>][] = [
    ['a wrong secret', () => grant({}, basic('worker', stranger.secret))],
    ['an unknown client', () => grant({}, basic('nobody', worker.secret))],
    ['credentials without a colon', () => grant({}, `Basic ${Buffer.from('worker').toString('base64')}`)],
    ['credentials that are not base64', () => grant({}, 'Basic *')],
    ['another scheme', () => grant({}, 'Bearer x')],
    ['an empty scheme', () => grant({ client_id: 'worker' }, 'x')],
  ];
  const UNCHALLENGED: [string, () => Promise<Answer>][] = [
    ['nothing at all', () => grant()],
    ['client_id alone', () => grant({ client_id: 'worker' })],
    ['an empty secret', () => grant({ client_id: 'worker', client_secret: '' })],
    ['a wrong secret', () => grant({ client_id: 'worker', client_secret: stranger.secret })],
    ['a secret in another case', () => grant({ ...post(), client_secret: worker.secret.toUpperCase() })],
    ['a secret with a space', () => grant({ ...post(), client_secret: `${worker.secret} ` })],
    ['a secret without client_id', () => grant({ client_secret: worker.secret })],
    ['an unknown client', () => grant({ client_id: 'nobody', client_secret: worker.secret })],
    ['an ID in another case', () => grant({ ...post(), client_id: 'Worker' })],
    ['a name of Object.prototype', () => grant({ ...post(), client_id: 'constructor' })],
    ['an ID of 60 KB', () => grant({ ...post(), client_id: 'x'.repeat(60_000) })],
    ['an assertion without its type', () => grant({ client_assertion: makeAssertion(key, 'worker') })],
    ['the type of an assertion alone', () => grant({ client_id: 'worker', ...assertionParameters('') })],
    [
      'an assertion of another type',
      () =>
        grant({
          ...assertion(),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
        }),
    ],
    [
      'the type of the grant in place of that of the assertion',
      () => grant({ ...assertion(), client_assertion_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }),
    ],
  ];

  it.each(CHALLENGED)('with a challenge, as received in the header: %s', async (_name, ask) => {
    const answer = await ask();
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it.each(UNCHALLENGED)('without a challenge, as no header was used: %s', async (_name, ask) => {
    const answer = await ask();
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
  });

  it('and nothing in the response distinguishes an unknown client from a wrong secret or key', async () => {
    const otherKey = makeClientKey('ES256');
    const disabled = await makeClient(service, 'disabled', { disabled: true, jwks: { keys: [key.jwk] } });
    const said = async (ask: Promise<Answer>): Promise<object> => {
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

describe('while a secret is changed', () => {
  it('both are valid, in every method, until the previous one expires', async () => {
    const admin = await Administrator.of(service);
    const client = await makeClient(service, 'changing', { audiences: ['logging-service'] });
    const { body } = await admin.addSecret('changing', {});
    const next = String(body['client_secret']);
    const statuses = async (secret: string): Promise<number[]> => {
      const answers = [
        await grant({}, basic('changing', secret)),
        await grant({ client_id: 'changing', client_secret: secret }),
      ];
      return answers.map(({ status }) => status);
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

  it('tokens that were asked for with the previous one stay valid', async () => {
    const admin = await Administrator.of(service, 'second-admin');
    const client = await makeClient(service, 'changed', { audiences: ['logging-service'] });
    const token = await accessToken(service, client);
    await admin.addSecret('changed', {});
    await admin.endSecret('changed', client.secretId);
    expect((await service.verify(token)).status).toBe(200);
  });
});
