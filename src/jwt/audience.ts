/**
 * A URL of http or https that can name a resource: its authority, then its path and query. One with
 * credentials, a fragment or whitespace names no resource (RFC 8707 §2), so it equals only itself.
 */
const RESOURCE = /^https?:\/\/([^\s/?#\\@]+)((?:[/?][^\s#]*)?)$/i;

/**
 * The form of an audience in which equal ones are identical. Spellings of one http(s) URL differ in the case
 * of scheme and host, the default port, and `/` for an empty path (RFC 3986 §6.2.2.1, §6.2.3); path and query
 * are compared exactly. A name that is not such a URL is its own normal form.
 */
export function normalAudience(audience: string): string {
  // Almost all audiences are plain names, for which no URL is parsed.
  if (!/^https?:\/\//i.test(audience)) return audience;
  const [, authority = '', path = ''] = RESOURCE.exec(audience) ?? [];
  // The parser writes a host in lower case, an international one as its A-labels, an IPv6 address shortened.
  const base = audience.slice(0, audience.indexOf(':') + 3) + authority;
  if (authority === '' || !URL.canParse(base)) return audience;
  return new URL(base).origin + (path.startsWith('/') ? path : `/${path}`);
}

/** @returns whether an audience is a spelling of one of these, whose normal forms are computed once */
export function anyAudienceOf(audiences: readonly string[]): (audience: string) => boolean {
  const normal = new Set(audiences.map(normalAudience));
  // Most tokens have an audience in its normal form, which is its own: no URL is parsed for it.
  return (audience) => normal.has(audience) || normal.has(normalAudience(audience));
}

/** Whether two audiences are spellings of one; see {@link normalAudience}. */
export function sameAudience(first: string, second: string): boolean {
  return first === second || normalAudience(first) === normalAudience(second);
}
