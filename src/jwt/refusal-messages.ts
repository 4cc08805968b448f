import type { RefusalCode } from './verification-result.js';

/** The text of `error` for each code, the same for every refusal of a token. */
export const REFUSAL_MESSAGES: Readonly<Record<RefusalCode, string>> = {
  malformed_token: 'Invalid token',
  invalid_signature: 'Invalid signature',
  token_not_yet_valid: 'Token not yet valid',
  token_expired: 'Token expired',
  invalid_issuer: 'Invalid issuer',
  invalid_audience: 'Invalid audience',
  token_revoked: 'Token revoked',
};
