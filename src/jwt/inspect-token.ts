import type { Claims } from './claims.js';
import { parseCompactJws } from './compact-jws.js';
import type { VerificationKeys } from './verify-token.js';

/** What holds of a token under any settings, those of before and those to come. */
export interface InspectedToken {
  readonly claims: Claims;
  /** Whether a key that is live now verifies the signature; else one that is not known now may have made it. */
  readonly isVerified: boolean;
}

/**
 * Reads a token apart from what settings say of its issuer, times, audiences and algorithm.
 *
 * @returns `undefined` for what no settings make a token of this service: it is malformed, or names a key that is live
 *   now and did not sign it
 */
export function inspectToken(token: string, keys: VerificationKeys): InspectedToken | undefined {
  const jws = parseCompactJws(token);
  if (typeof jws === 'string') return undefined;
  const { keys: candidates, keyIdKnown } = keys.candidates(jws.algorithm, jws.keyId);
  const isVerified = candidates.some((key) => key.verifies(token));
  const isForged = !isVerified && keyIdKnown && candidates.length > 0;
  return isForged ? undefined : { claims: jws.claims, isVerified };
}
