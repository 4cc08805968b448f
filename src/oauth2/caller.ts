import type { Client } from '../clients/client.js';
import { CLIENT } from '../token/token-access.guard.js';
import type { Caller } from './client-authentication.js';

/** The parts of a request that the OAuth routes read. */
export interface OAuthRequest {
  readonly id: string;
  readonly ip: string;
  readonly headers: { readonly authorization?: string | undefined };
  /** The client that the Authorization header authenticated. */
  [CLIENT]?: Client;
}

export function callerOf({ id, ip, headers, [CLIENT]: client }: OAuthRequest): Caller {
  return { requestId: id, address: ip, authorization: headers.authorization, client };
}
