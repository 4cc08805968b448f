/** The parameters of a challenge apart from the realm (RFC 6750 §3). */
export interface ChallengeParameters {
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly error_description?: string;
  readonly scope?: string;
}

/**
 * The value of `WWW-Authenticate` for a token that is missing, invalid or insufficient (RFC 6750 §3).
 *
 * @param realm names the protected space (RFC 9110 §11.5)
 */
export function bearerChallenge(realm: string, parameters: ChallengeParameters = {}): string {
  const pairs = Object.entries({ realm, ...parameters }).map(([name, value]) => `${name}=${quoted(value)}`);
  return `Bearer ${pairs.join(', ')}`;
}

/** A quoted string (RFC 9110 §5.6.4) of printable ASCII; any other character is replaced. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
