import { isJsonObject } from '../encoding/strict-json.js';
import { fetchJson, type Fetch } from '../http-client/fetch-json.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import { discoverKeySet } from './discovery.js';
import type { Discovery } from './issuer-metadata.js';

/** A key set as an issuer publishes it (RFC 7517 §5). */
export interface PublishedKeySet {
  readonly keys: readonly unknown[];
  /** How long it is fresh, in seconds. */
  readonly ageSeconds: number;
}

/**
 * Fetches a key set.
 *
 * @throws {RemoteFailure}
 */
export type KeySetSource = () => Promise<PublishedKeySet>;

/** How long a key set is fresh: by default, at least and at most. */
const DEFAULT_AGE_SECONDS = 300;
const LEAST_AGE_SECONDS = 60;
const MOST_AGE_SECONDS = 3600;

const ACCEPT = 'application/jwk-set+json, application/json';

/** The location of an issuer's public keys. */
export interface KeySetLocation extends Discovery {
  /** Their URL, or `discover` to take it from the issuer's metadata; `undefined` if the issuer has none. */
  readonly publicKeys: { readonly jwksUri: string } | 'discover' | undefined;
}

/** @returns `undefined` if the issuer has no public keys */
export function keySetSource(location: KeySetLocation): KeySetSource | undefined {
  const { publicKeys, fetch } = location;
  if (publicKeys === 'discover') return discoveredKeySet(location);
  return publicKeys && (() => fetchKeySet(publicKeys.jwksUri, fetch));
}

/** Bounds of {@link fetchKeySet}. */
export interface KeySetBounds {
  /** How long the set is fresh at least, in seconds, whatever the issuer says; 60 by default. */
  readonly leastAgeSeconds?: number | undefined;
  /** The largest set, in bytes; 1 MiB by default. */
  readonly maxBytes?: number | undefined;
}

/**
 * Fetches the key set at a URL.
 *
 * @throws {RemoteFailure}
 */
export async function fetchKeySet(
  address: string,
  fetch: Fetch,
  { leastAgeSeconds, maxBytes }: KeySetBounds = {},
): Promise<PublishedKeySet> {
  const { status, headers, body } = await fetchJson(fetch, address, {
    headers: { accept: ACCEPT },
    maxBytes,
  });
  if (status !== 200) throw new RemoteFailure(address, `status ${status}`, status);
  if (!isJsonObject(body) || !Array.isArray(body['keys'])) {
    throw new RemoteFailure(address, 'not a JWK Set', status);
  }
  return { keys: body['keys'], ageSeconds: keySetAge(headers.get('cache-control'), leastAgeSeconds) };
}

/** Looks up the URL once, and again after a failure: the issuer may have moved its keys. */
function discoveredKeySet(discovery: Discovery): KeySetSource {
  let address: string | undefined;
  return async () => {
    try {
      address ??= await discoverKeySet(discovery);
      return await fetchKeySet(address, discovery.fetch);
    } catch (cause) {
      address = undefined;
      throw cause;
    }
  };
}

/**
 * How long a key set is fresh: the issuer's `Cache-Control: max-age` (RFC 9111 §5.2.2.1), within bounds, so
 * that it can neither cause a fetch for every request nor keep a revoked key in use for long.
 *
 * @param cacheControl the header, if present
 * @returns seconds, from `leastSeconds` (60 by default) to 3600; 300 without `max-age`
 */
export function keySetAge(cacheControl: string | null, leastSeconds = LEAST_AGE_SECONDS): number {
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl ?? '')?.[1];
  return Math.min(
    MOST_AGE_SECONDS,
    Math.max(leastSeconds, seconds === undefined ? DEFAULT_AGE_SECONDS : Number(seconds)),
  );
}
