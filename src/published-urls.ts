/**
 * Reads a base URL, from which others are derived by appending a path.
 *
 * @returns the URL without a trailing `/`; `undefined` unless it is an http or https URL without user, query
 *   or fragment, whose path contains nothing that a URL parser would change, such as dot segments
 */
export function baseUrlOf(text: string): string | undefined {
  const parts = /^https?:\/\/[^\s/?#@\\]+((?:\/[^\s/?#\\]+)*)\/?$/i.exec(text);
  if (!parts || !URL.canParse(text)) return undefined;
  const [, path = ''] = parts;
  return pathOf(text) === path ? text.replace(/\/$/, '') : undefined;
}

/** @returns the path of a URL, without a trailing `/` */
export function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '');
}

/** The URLs that the service publishes. */
export interface PublishedUrls {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly revocationEndpoint: string;
  readonly keySet: string;
  readonly documentation: string;
}

/**
 * Derives the URLs of the service. No other code does, so that the URLs that it publishes are exactly those
 * that it accepts.
 *
 * @param publicUrl the URL at which clients reach the service, as {@link baseUrlOf} returns it
 */
export function publishedUrls(publicUrl: string): PublishedUrls {
  return {
    authorizationEndpoint: `${publicUrl}/oauth2/authorize`,
    tokenEndpoint: `${publicUrl}/oauth2/token`,
    introspectionEndpoint: `${publicUrl}/oauth2/introspect`,
    revocationEndpoint: `${publicUrl}/oauth2/revoke`,
    keySet: `${publicUrl}/.well-known/jwks.json`,
    documentation: `${publicUrl}/docs`,
  };
}
