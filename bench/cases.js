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
 * A token asked for by anybody, and by clients in either way.
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
      testCase: {
        path: '/oauth2/token',
        method: 'POST',
        body: 'grant_type=client_credentials',
        type: 'application/x-www-form-urlencoded',
        authorizations,
      },
    },
  ];
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Case}
 */
function json(path, body) {
  return { path, method: 'POST', body: JSON.stringify(body), type: 'application/json' };
}
