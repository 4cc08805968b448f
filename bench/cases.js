/**
 * @typedef {object} Case
 * @property {string} path
 * @property {'GET' | 'POST'} method
 * @property {string} [body]
 * @property {string} [type] of the body
 * @property {readonly string[]} [authorizations] headers that requests carry, one after another
 */

/** What every server is asked for a token with. */
export const TOKEN_REQUEST = { sub: 'user-42', aud: 'logging-service' };

/** @type {Case} */
const OPEN_TOKEN = json('/token', TOKEN_REQUEST);

/**
 * @param {string} token one that is verified, the same for every server: its length and header are part of the cost
 * @returns {readonly Case[]}
 */
export function casesFor(token) {
  return [{ path: '/ping', method: 'GET' }, OPEN_TOKEN, json('/verify', { token, aud: TOKEN_REQUEST.aud })];
}

/**
 * A token requested anonymously, and by clients in either way.
 *
 * @param {readonly string[]} authorizations of the clients
 * @returns {readonly { how: string, testCase: Case }[]}
 */
export function casesOfClients(authorizations) {
  return [
    { how: 'open', testCase: OPEN_TOKEN },
    { how: 'Basic', testCase: { ...OPEN_TOKEN, authorizations } },
    {
      how: 'client_credentials',
      testCase: form('/oauth2/token', 'grant_type=client_credentials', authorizations),
    },
  ];
}

/**
 * Client credentials and introspection, with the client of a peer.
 *
 * @param {object} how
 * @param {string} how.tokenPath
 * @param {string} how.introspectionPath
 * @param {string} how.resource what is asked for, as a form parameter
 * @param {string} how.authorization
 * @param {string} how.token that is asked about
 * @returns {readonly { name: string, testCase: Case }[]}
 */
export function oauthCases({ tokenPath, introspectionPath, resource, authorization, token }) {
  const authorizations = [authorization];
  return [
    {
      name: 'client_credentials',
      testCase: form(tokenPath, `grant_type=client_credentials${resource}`, authorizations),
    },
    { name: 'introspection', testCase: form(introspectionPath, `token=${token}`, authorizations) },
  ];
}

/**
 * @param {string} path
 * @param {string} body
 * @param {readonly string[]} authorizations
 * @returns {Case}
 */
function form(path, body, authorizations) {
  return { path, method: 'POST', body, type: 'application/x-www-form-urlencoded', authorizations };
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Case}
 */
function json(path, body) {
  return { path, method: 'POST', body: JSON.stringify(body), type: 'application/json' };
}
