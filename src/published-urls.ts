/**
 * Reads a URL from which others are derived by appending a path.
 *
 * @returns the URL without one `/` at its end; `undefined` unless it is an http or https URL without user,
 *   query or fragment, in whose path every client reads the same segments
 */
export function baseUrlOf(text: string): string | undefined {
  const parts = /^https?:\/\/[^\s/?#@\\]+((?:\/[^\s/?#\\]+)*)\/?$/i.exec(text);
  if (!parts || !URL.canParse(text)) return undefined;
  const [, path = ''] = parts;
  return pathOf(text) === path ? text.replace(/\/$/, '') : undefined;
}

/** @returns the path of a URL, without a `/` at its end */
export function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '');
}

/** The URLs of the service that it publishes. */
export interface PublishedUrls {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly revocationEndpoint: string;
  readonly keySet: string;
  readonly documentation: string;
}

/**
 * The one place that derives URLs, so that the published ones are exactly those that are accepted.
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
