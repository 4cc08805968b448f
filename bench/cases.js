/**
 * @typedef {object} Case
 * @property {string} path
 * @property {'GET' | 'POST'} method
 * @property {string} [body]
 * @property {string} [type] the Content-Type of the body
 * @property {readonly string[]} [authorizations] values of the Authorization header, which requests use in
 *   turn
 */

/** The body of the request for a token, the same for every server. */
export const TOKEN_REQUEST = { sub: 'user-42', aud: 'logging-service' };

/** @type {Case} */
const OPEN_TOKEN = json('/token', TOKEN_REQUEST);

/**
 * @param {string} token the token to verify, the same for every server: its length and header are part of the
 *   cost
 * @returns {readonly Case[]}
 */
export function casesFor(token) {
  return [{ path: '/ping', method: 'GET' }, OPEN_TOKEN, json('/verify', { token, aud: TOKEN_REQUEST.aud })];
}

/**
 * Requests for a token: anonymous, and by clients on either route.
 *
 * @param {readonly string[]} authorizations the Authorization headers of the clients
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
 * Client credentials and introspection, with one client of a server.
 *
 * @param {object} how
 * @param {string} how.tokenPath
 * @param {string} how.introspectionPath
 * @param {string} how.resource the requested resource, as a form parameter with its `&`
 * @param {string} how.authorization
 * @param {string} how.token the token to introspect
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
