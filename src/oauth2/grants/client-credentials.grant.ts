import type { Grant } from './grant.js';

/** RFC 6749 §4.4: the client asks for a token about itself. */
export const CLIENT_CREDENTIALS: Grant = {
  type: 'client_credentials',
  decide: ({ client }) => ({ subject: client.id }),
};
