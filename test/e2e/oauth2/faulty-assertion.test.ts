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
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let es256Client: TestClient;
const keys = { ES256: makeClientKey('ES256'), RS256: makeClientKey('RS256') };
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0 });
  const register = (id: string, key: ClientKey): Promise<TestClient> =>
    makeClient(service, id, { audiences: ['logging-service'], jwks: { keys: [key.jwk] } });
  es256Client = await register('ES256', keys.ES256);
  await register('RS256', keys.RS256);
  await register('stranger', makeClientKey('ES256'));
});
afterAll(() => service.stop());

const keyOf = (algorithm: keyof typeof keys): ClientKey => keys[algorithm];
const show = (assertion: string): Promise<ServiceResponse> =>
  service.form('/oauth2/token', {
    grant_type: 'client_credentials',
    ...assertionParameters(assertion),
  });
/** An assertion of the client `ES256`, signed with its key, with these changes. */
const es256 = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string => makeAssertion(keyOf('ES256'), 'ES256', { claims, header });

/** Assertions that are rejected, made once the clients are registered. */
const FAULTY: Readonly<Record<string, readonly (readonly [string, () => string])[]>> = {
  'has a wrong audience or client': [
    ['another audience', () => es256({ aud: 'elsewhere' })],
    ['no audience', () => es256({ aud: undefined })],
    ['an empty list of audiences', () => es256({ aud: [] })],
    ['the issuer among two audiences', () => es256({ aud: ['identity-backend', 'elsewhere'] })],
    ['the issuer twice', () => es256({ aud: ['identity-backend', 'identity-backend'] })],
    ['a nested list of audiences', () => es256({ aud: [['identity-backend']] })],
    [
      'the token endpoint under an issuer that is not a URL',
      () => es256({ aud: 'identity-backend/oauth2/token' }),
    ],
    [
      'the token endpoint at the origin of the request',
      () => es256({ aud: `${service.origin}/oauth2/token` }),
    ],
    ['no iss', () => es256({ iss: undefined })],
    ['no sub', () => es256({ sub: undefined })],
    ['a sub other than iss', () => es256({ sub: 'stranger' })],
    ['an iss other than sub', () => es256({ iss: 'stranger' })],
    ['an empty iss and sub', () => es256({ iss: '', sub: '' })],
    ['an iss and sub that are not strings', () => es256({ iss: ['ES256'], sub: ['ES256'] })],
    ['an unknown client', () => makeAssertion(keyOf('ES256'), 'nobody')],
    ['another client', () => makeAssertion(keyOf('ES256'), 'stranger')],
    ['a client without keys for this algorithm', () => makeAssertion(keyOf('ES256'), 'RS256')],
  ],
  'has a wrong exp, iat or nbf': [
    ['expired', () => es256({ exp: NEW_YEAR })],
    ['expired long ago', () => es256({ exp: 0 })],
    ['no exp', () => es256({ exp: undefined })],
    ['an exp that is not a number', () => es256({ exp: String(NEW_YEAR + 60) })],
    ['exp over 61 minutes ahead', () => es256({ exp: NEW_YEAR + 61 * 60 + 1 })],
    ['exp of 1e300', () => es256({ exp: 1e300 })],
    ['iat over 30 seconds ahead', () => es256({ iat: NEW_YEAR + 31 })],
    ['nbf over 30 seconds ahead', () => es256({ nbf: NEW_YEAR + 30.5 })],
    ['an iat that is not a number', () => es256({ iat: String(NEW_YEAR) })],
    ['an nbf that is null', () => es256({ nbf: null })],
  ],
  'was made for another purpose': [
    ['the typ at+jwt', () => es256({}, { typ: 'at+jwt' })],
    ['the typ application/at+jwt', () => es256({}, { typ: 'application/at+jwt' })],
    ['the typ dpop+jwt', () => es256({}, { typ: 'dpop+jwt' })],
    ['the typ oauth-id-jag+jwt', () => es256({}, { typ: 'oauth-id-jag+jwt' })],
    ['the typ JOSE', () => es256({}, { typ: 'JOSE' })],
    ['a typ that is not a string', () => es256({}, { typ: 1 })],
    ['a typ that is null', () => es256({}, { typ: null })],
  ],
  'has no usable jti': [
    ['no jti', () => es256({ jti: undefined })],
    ['an empty jti', () => es256({ jti: '' })],
    ['a jti of whitespace', () => es256({ jti: ' ' })],
    ['a jti that is not a string', () => es256({ jti: 7 })],
  ],
  'is not signed with a key of the client': [
    ['another key', () => makeAssertion(makeClientKey('ES256'), 'ES256')],
    ['the key of another client', () => makeAssertion(keyOf('RS256'), 'ES256')],
    ['an empty signature', () => es256().replace(/[^.]*$/, '')],
    ['alg none', () => es256({}, { alg: 'none' }).replace(/[^.]*$/, '')],
    ['alg none with a signature', () => es256({}, { alg: 'none' })],
    ['no alg', () => es256({}, { alg: undefined })],
    ['an alg in another case', () => es256({}, { alg: 'es256' })],
    ['an alg of Object.prototype', () => es256({}, { alg: 'constructor' })],
    ['the alg of another curve', () => es256({}, { alg: 'ES384' })],
    [
      'the alg of another RSA scheme',
      () => makeAssertion(keyOf('RS256'), 'RS256', { header: { alg: 'PS256' } }),
    ],
    ['HS256 with the public key as PEM', () => macByPublicKey(pem(), 'ES256')],
    ['HS256 with the public key as JWK', () => macByPublicKey(JSON.stringify(keyOf('ES256').jwk), 'ES256')],
    ['HS256 with the secret of the client', () => macByPublicKey(es256Client.secret, 'ES256')],
    ['an unknown kid', () => es256({}, { kid: 'unknown' })],
    ['a kid that is not a string', () => es256({}, { kid: 1 })],
    ['crit', () => es256({}, { crit: ['exp'] })],
    ['its own key in the jwk header', () => byOwnKey()],
    ['a DER signature', () => inDer(es256())],
    ['a truncated signature', () => es256().slice(0, -4)],
    ['claims other than those signed', () => withClaimsOf(es256(), es256())],
  ],
  'is malformed or ambiguous': [
    ['not a JWT', () => 'x'],
    ['two parts', () => es256().replace(/\.[^.]*$/, '')],
    ['four parts', () => `${es256()}.`],
    ['base64 padding', () => `${es256()}==`],
    ['a leading space', () => ` ${es256()}`],
    ['a trailing line break', () => `${es256()}\n`],
    ['a line break within', () => es256().replace('.', '.\n')],
    ['a repeated claim', () => signTexts(keyOf('ES256'), HEADER, twice('jti'))],
    [
      'a repeated header field',
      () => signTexts(keyOf('ES256'), `{"alg":"ES256",${HEADER.slice(1)}`, claimsText()),
    ],
    ['claims that are an array', () => signTexts(keyOf('ES256'), HEADER, `[${claimsText()}]`)],
    [
      'claims that are not UTF-8',
      () => signTexts(keyOf('ES256'), HEADER, Buffer.from('{"a":"\xff"}', 'latin1')),
    ],
    ['claims that are not JSON', () => signTexts(keyOf('ES256'), HEADER, 'x')],
    ['over 16 KiB', () => es256({ more: 'x'.repeat(16_384) })],
  ],
};

const HEADER = '{"alg":"ES256"}';
const claimsText = (): string => JSON.stringify(assertionClaims('ES256'));
const twice = (name: string): string => `{"${name}":"x",${claimsText().slice(1)}`;
const pem = (): string | Buffer => keyOf('ES256').publicKey.export({ type: 'spki', format: 'pem' });
const withClaimsOf = (signed: string, other: string): string =>
  signed.replace(/\.[^.]*\./, `.${other.split('.')[1] ?? ''}.`);

/** Signs the assertion again, with a DER signature, as most libraries outside JOSE produce. */
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
  it.each(FAULTY[kind] ?? [])('gets invalid_client: %s', async (_name, text) => {
    const response = await show(text());
    expect(refusalOf(response)).toEqual(refused('invalid_client', 401));
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

it('an assertion without any of these faults is accepted', async () => {
  expect((await show(es256())).status).toBe(200);
  expect((await show(signTexts(keyOf('ES256'), HEADER, claimsText()))).status).toBe(200);
});
