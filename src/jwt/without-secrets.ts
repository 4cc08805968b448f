/**
 * A compact JWS, whose header begins with `{` and so, in base64url, with one of these; or the credentials of an
 * Authorization header. A dotted name such as that of a host is neither.
 */
const CONFIDENTIAL =
  /(?:ey[A-L]|ew[ko0])[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*|\b(?:[Bb]asic|BASIC|[Bb]earer|BEARER)\s+\S+/g;

/** Nothing confidential is without one of these. */
const NEEDED = /[.\s]/;

/** Takes tokens and credentials out of a text that somebody else wrote, such as the message of an error. */
export function withoutSecrets(text: string): string {
  return NEEDED.test(text) ? text.replace(CONFIDENTIAL, '[removed]') : text;
}
