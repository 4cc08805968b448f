import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  assertionClaims,
  assertionParameters,
  type ClientKey,
  macByPublicKey,
  makeAssertion,
  makeClientKey,
  signTexts,
} from '../../support/client-assertion.js';
import { makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { refusalOf, refused } from '../../support/oauth-requests.js';
import { type Answer, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let es256Client: TestClient;
const keys = { ES256: makeClientKey('ES256'), RS256: makeClientKey('RS256') };
beforeAll(async () => {
  service = await RunningApp.start({ mostAuthFailures: 0 });
  const register = (id: string, key: ClientKey): Promise<TestClient> =>
    makeClient(service, id, { audiences: ['logging-service'], jwks: { keys: [key.jwk] } });
  es256Client = await register('ES256', keys.ES256);
  await register('RS256', keys.RS256);
  await register('stranger', makeClientKey('ES256'));
});
afterAll(() => service.stop());

const keyOf = (algorithm: keyof typeof keys): ClientKey => keys[algorithm];
const show = (assertion: string): Promise<Answer> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    ...assertionParameters(assertion),
  });
/** An assertion of the client named ES256, by its key, with these differences. */
const es256 = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string => makeAssertion(keyOf('ES256'), 'ES256', { claims, header });

/** Texts of assertions that are refused, made when the keys are known. */
const FAULTY: Readonly<Record<string, readonly (readonly [string, () => string])[]>> = {
  'says the wrong thing': [
    ['another audience', () => es256({ aud: 'elsewhere' })],
    ['no audience', () => es256({ aud: undefined })],
    ['an empty list of audiences', () => es256({ aud: [] })],
    ['ours among two audiences', () => es256({ aud: ['identity-backend', 'elsewhere'] })],
    ['ours twice', () => es256({ aud: ['identity-backend', 'identity-backend'] })],
    ['an audience within a list in a list', () => es256({ aud: [['identity-backend']] })],
    ['the token endpoint, if the issuer is no URL', () => es256({ aud: 'identity-backend/oauth2/token' })],
    ['its own address', () => es256({ aud: `${service.origin}/oauth2/token` })],
    ['no iss', () => es256({ iss: undefined })],
    ['no sub', () => es256({ sub: undefined })],
    ['another sub than iss', () => es256({ sub: 'stranger' })],
    ['another iss than sub', () => es256({ iss: 'stranger' })],
    ['an empty client', () => es256({ iss: '', sub: '' })],
    ['a client that is no text', () => es256({ iss: ['ES256'], sub: ['ES256'] })],
    ['an unknown client', () => makeAssertion(keyOf('ES256'), 'nobody')],
    ['another client', () => makeAssertion(keyOf('ES256'), 'stranger')],
    ['a client without keys of this algorithm', () => makeAssertion(keyOf('ES256'), 'RS256')],
  ],
  'is not of this time': [
    ['expired', () => es256({ exp: NEW_YEAR })],
    ['expired long ago', () => es256({ exp: 0 })],
    ['no exp', () => es256({ exp: undefined })],
    ['an exp that is no number', () => es256({ exp: String(NEW_YEAR + 60) })],
    ['over 61 minutes to live', () => es256({ exp: NEW_YEAR + 61 * 60 + 1 })],
    ['forever', () => es256({ exp: 1e300 })],
    ['iat over 30 seconds ahead', () => es256({ iat: NEW_YEAR + 31 })],
    ['nbf over 30 seconds ahead', () => es256({ nbf: NEW_YEAR + 30.5 })],
    ['an iat that is no number', () => es256({ iat: String(NEW_YEAR) })],
    ['an nbf that is null', () => es256({ nbf: null })],
  ],
  'cannot be distinguished from others': [
    ['no jti', () => es256({ jti: undefined })],
    ['an empty jti', () => es256({ jti: '' })],
    ['a jti of whitespace', () => es256({ jti: ' ' })],
    ['a jti that is no text', () => es256({ jti: 7 })],
  ],
  'is not signed by a key of the client': [
    ['by another key', () => makeAssertion(makeClientKey('ES256'), 'ES256')],
    ['by the key of another client', () => makeAssertion(keyOf('RS256'), 'ES256')],
    ['by no key', () => es256().replace(/[^.]*$/, '')],
    ['alg none', () => es256({}, { alg: 'none' }).replace(/[^.]*$/, '')],
    ['alg none with a signature', () => es256({}, { alg: 'none' })],
    ['no alg', () => es256({}, { alg: undefined })],
    ['an alg in another case', () => es256({}, { alg: 'es256' })],
    ['an alg that every object has', () => es256({}, { alg: 'constructor' })],
    ['the alg of another curve', () => es256({}, { alg: 'ES384' })],
    ['the other alg of RSA', () => makeAssertion(keyOf('RS256'), 'RS256', { header: { alg: 'PS256' } })],
    ['HS256 with the public key in PEM', () => macByPublicKey(pem(), 'ES256')],
    ['HS256 with the public key as JWK', () => macByPublicKey(JSON.stringify(keyOf('ES256').jwk), 'ES256')],
    ['HS256 with the secret of the client', () => macByPublicKey(es256Client.secret, 'ES256')],
    ['an unknown kid', () => es256({}, { kid: 'unknown' })],
    ['a kid that is no text', () => es256({}, { kid: 1 })],
    ['crit', () => es256({}, { crit: ['exp'] })],
    ['its own key in the header', () => byOwnKey()],
    ['a signature in DER', () => inDer(es256())],
    ['a signature cut short', () => es256().slice(0, -4)],
    ['other claims than were signed', () => withClaimsOf(es256(), es256())],
  ],
  'is not one text that every reader reads alike': [
    ['no assertion', () => 'x'],
    ['two parts', () => es256().replace(/\.[^.]*$/, '')],
    ['four parts', () => `${es256()}.`],
    ['padding', () => `${es256()}==`],
    ['a space before it', () => ` ${es256()}`],
    ['a line end behind it', () => `${es256()}\n`],
    ['a line end within', () => es256().replace('.', '.\n')],
    ['a field of the claims twice', () => signTexts(keyOf('ES256'), HEADER, twice('jti'))],
    [
      'a field of the header twice',
      () => signTexts(keyOf('ES256'), `{"alg":"ES256",${HEADER.slice(1)}`, claimsText()),
    ],
    ['claims that are a list', () => signTexts(keyOf('ES256'), HEADER, `[${claimsText()}]`)],
    [
      'claims that are not UTF-8',
      () => signTexts(keyOf('ES256'), HEADER, Buffer.from('{"a":"\xff"}', 'latin1')),
    ],
    ['claims that are no JSON', () => signTexts(keyOf('ES256'), HEADER, 'x')],
    ['over 16 KiB', () => es256({ more: 'x'.repeat(16_384) })],
  ],
};

const HEADER = '{"alg":"ES256"}';
const claimsText = (): string => JSON.stringify(assertionClaims('ES256'));
const twice = (name: string): string => `{"${name}":"x",${claimsText().slice(1)}`;
const pem = (): string | Buffer => keyOf('ES256').publicKey.export({ type: 'spki', format: 'pem' });
const withClaimsOf = (signed: string, other: string): string =>
  signed.replace(/\.[^.]*\./, `.${other.split('.')[1] ?? ''}.`);

/** Signs the assertion again, with the signature in the form that most libraries outside JOSE give it. */
function inDer(assertion: string): string {
  const input = assertion.replace(/\.[^.]*$/, '');
  const signature = sign('sha256', Buffer.from(input), keyOf('ES256').privateKey);
  return `${input}.${signature.toString('base64url')}`;
}

function byOwnKey(): string {
  const key = makeClientKey('ES256');
  return makeAssertion(key, 'ES256', { header: { jwk: key.jwk } });
}

describe.each(Object.keys(FAULTY))('an assertion that %s', (kind) => {
  it.each(FAULTY[kind] ?? [])('is invalid_client: %s', async (_name, text) => {
    const answer = await show(text());
    expect(refusalOf(answer)).toEqual(refused('invalid_client', 401));
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

it('an assertion without any of these faults is taken', async () => {
  expect((await show(es256())).status).toBe(200);
  expect((await show(signTexts(keyOf('ES256'), HEADER, claimsText()))).status).toBe(200);
});
