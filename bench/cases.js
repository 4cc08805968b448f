/**
 * @typedef {object} Case
 * @property {string} path also its name
 * @property {'GET' | 'POST'} method
 * @property {string} [body] JSON
 */

/** What every server is asked for a token with. */
export const TOKEN_REQUEST = { sub: 'user-42', aud: 'logging-service' };

/**
 * @param {string} token one that is verified, the same for every server: its length and header are part of the cost
 * @returns {readonly Case[]}
 */
export function casesFor(token) {
  return [
    { path: '/ping', method: 'GET' },
    { path: '/token', method: 'POST', body: JSON.stringify(TOKEN_REQUEST) },
    { path: '/verify', method: 'POST', body: JSON.stringify({ token, aud: TOKEN_REQUEST.aud }) },
  ];
}
