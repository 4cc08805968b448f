import assert from 'node:assert/strict';
import { casesOfClients, TOKEN_REQUEST } from './cases.js';

/** The claims of a token of every server, so that all of them sign the same amount. */
const CLAIMS = ['aud', 'exp', 'iat', 'iss', 'jti', 'sub'];

/**
 * Checks that the servers do the same work before it is compared: each issues a token with the same claims,
 * accepts the token of the first server, and refuses it with a broken signature or for another audience.
 *
 * @param {readonly import('./servers.js').Server[]} servers
 * @returns {Promise<string>} a token of the first server
 * @throws {assert.AssertionError} if a server responds otherwise
 */
export async function checkAnswers(servers) {
  /** @type {string[]} */
  const tokens = [];
  for (const { name, origin } of servers) {
    const { status, body } = await post(`${origin}/token`, TOKEN_REQUEST);
    assert.equal(status, 200, `${name} issues`);
    assert.deepEqual(Object.keys(body).sort(), ['expires_in', 'token', 'token_type'], `${name} issues`);
    assert.deepEqual(Object.keys(claimsOf(body.token)).sort(), CLAIMS, `claims of ${name}`);
    tokens.push(body.token);
  }
  const [token = ''] = tokens;
  const { aud } = TOKEN_REQUEST;
  for (const { name, origin } of servers) {
    const valid = await post(`${origin}/verify`, { token, aud });
    assert.deepEqual(
      valid,
      { status: 200, body: { valid: true, claims: claimsOf(token) } },
      `${name} verifies`,
    );
    const bad = await post(`${origin}/verify`, { token: withBrokenSignature(token), aud });
    assert.equal(bad.status, 401, `${name} refuses a broken signature`);
    const misdirected = await post(`${origin}/verify`, { token, aud: 'another-service' });
    assert.equal(misdirected.status, 401, `${name} refuses another audience`);
  }
  return token;
}

/**
 * Checks that clients are registered: on either route, each gets a token that names it, and a wrong secret
 * gets none.
 *
 * @param {import('./servers.js').Server} server
 * @param {readonly string[]} authorizations
 * @throws {assert.AssertionError}
 */
export async function checkClients({ name, origin }, authorizations) {
  const cases = casesOfClients(authorizations).filter(({ testCase }) => testCase.authorizations);
  for (const { how, testCase } of cases) {
    for (const authorization of authorizations) {
      const { status, body } = await send(origin + testCase.path, testCase, authorization);
      assert.equal(status, 200, `${name} issues by ${how}`);
      const [id] = Buffer.from(authorization.slice('Basic '.length), 'base64').toString().split(':');
      assert.equal(claimsOf(body.token ?? body.access_token).client_id, id, `${name} names the client`);
    }
    const wrong = `Basic ${Buffer.from('client-000000:wrong').toString('base64')}`;
    assert.equal(
      (await send(origin + testCase.path, testCase, wrong)).status,
      401,
      `${name} refuses by ${how}`,
    );
  }
}

/**
 * @param {import('./servers.js').Server} server
 * @param {string} path
 * @param {string} authorization
 * @returns {Promise<string>} an access token by client credentials
 */
export async function accessToken({ name, origin }, path, authorization) {
  const request = { body: 'grant_type=client_credentials', type: 'application/x-www-form-urlencoded' };
  const { status, body } = await send(origin + path, request, authorization);
  assert.equal(status, 200, `${name} grants`);
  return body.access_token;
}

/**
 * @param {string} url
 * @param {object} body
 */
function post(url, body) {
  return send(url, { body: JSON.stringify(body), type: 'application/json' });
}

/**
 * @param {string} url
 * @param {Pick<import('./cases.js').Case, 'body' | 'type'>} request
 * @param {string} [authorization]
 * @returns {Promise<{ status: number, body: any }>}
 */
async function send(url, { body = '', type = '' }, authorization) {
  const headers = { 'content-type': type, ...(authorization !== undefined && { authorization }) };
  const answer = await fetch(url, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}

/** @param {string} token */
function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** @param {string} token */
function withBrokenSignature(token) {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}
