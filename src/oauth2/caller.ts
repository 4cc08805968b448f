import type { Caller } from './client-authentication.js';

/** What the OAuth routes read of a request. */
export interface OAuthRequest {
  readonly id: string;
  readonly ip: string;
  readonly headers: { readonly authorization?: string };
}

export function callerOf({ id, ip, headers }: OAuthRequest): Caller {
  return { requestId: id, address: ip, authorization: headers.authorization };
}
