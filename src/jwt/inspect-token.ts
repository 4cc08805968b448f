import type { Claims } from './claims.js';
import { parseCompactJws } from './compact-jws.js';
import type { VerificationKeys } from './verify-token.js';

/** What holds for a token under any settings, past or future. */
export interface InspectedToken {
  readonly claims: Claims;
  /** Whether a current key verifies the signature. If not, a key that is unknown now may have made it. */
  readonly isVerified: boolean;
}

/**
 * Reads a token without checking issuer, times, audiences or algorithm against the settings.
 *
 * @returns `undefined` if no settings could make this a token of the service: it is malformed, or it names a
 *   current key that did not sign it
 */
export function inspectToken(token: string, keys: VerificationKeys): InspectedToken | undefined {
  const jws = parseCompactJws(token);
  if (typeof jws === 'string') return undefined;
  const { keys: candidates, keyIdKnown } = keys.candidates(jws.algorithm, jws.keyId);
  const isVerified = candidates.some((key) => key.verifies(token));
  const isForged = !isVerified && keyIdKnown && candidates.length > 0;
  return isForged ? undefined : { claims: jws.claims, isVerified };
}
