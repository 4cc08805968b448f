/** What every challenge of a service says. */
export interface ProtectedSpace {
  /** Names the protected space (RFC 9110 §11.5). */
  readonly realm: string;
  /** The URL of the metadata of the protected resource (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined;
  /** The scopes that a client should request for an operation that requires none by itself. */
  readonly scopes?: readonly string[] | undefined;
}

/** The parameters of a challenge for one request (RFC 6750 §3). */
export interface ChallengeParameters {
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly error_description?: string;
  readonly scope?: string;
}

/** The value of `WWW-Authenticate` for a token that is missing, invalid or insufficient (RFC 6750 §3). */
export function bearerChallenge(
  { realm, resourceMetadata }: ProtectedSpace,
  parameters: ChallengeParameters = {},
): string {
  const resource = resourceMetadata === undefined ? {} : { resource_metadata: resourceMetadata };
  const all = { realm, ...resource, ...parameters };
  const pairs = Object.entries(all).map(([name, value]) => `${name}=${quoted(value)}`);
  return `Bearer ${pairs.join(', ')}`;
}

/** A quoted string (RFC 9110 §5.6.4) of printable ASCII; any other character is replaced. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
