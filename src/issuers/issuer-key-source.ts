import { Inject, Injectable } from '@nestjs/common';
import { limitedWait } from '../concurrency/limited-wait.js';
import { ISSUERS_SETTINGS, type IssuersSettings } from '../config/namespaces.js';
import type { Fetch } from '../http-client/fetch-json.js';
import { literalAddressOf, NetworkPolicy, remoteUrlFault } from '../http-client/network-policy.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import { restrictedFetch } from '../http-client/restricted-fetch.js';
import { IssuerMetadata } from '../key-sets/issuer-metadata.js';
import { fetchKeySet, type PublishedKeySet } from '../key-sets/key-set-source.js';
import { readBearerToken, readCertificates } from './issuer-key-files.js';
import { MAX_ISSUER_KEYS } from './issuer-key-set.js';
import type { KeySource } from './trusted-issuer.js';

/** A source of keys that are fetched. */
export type RemoteKeySource = Extract<
  KeySource,
  { readonly kind: 'discovery' | 'jwks_uri' | 'spiffe_bundle_uri' }
>;

/** How long a fetch may take in all, with discovery and the files of the entry, in milliseconds. */
const TIME_LIMIT_MS = 5_000;

/** The largest document, in bytes. */
const MAX_BYTES = 256 * 1024;

/** The longest `jwks_uri` in a document, which is logged if its keys cannot be fetched. */
const MAX_URL_LENGTH = 2_048;

/** Keys are kept for this long at least, in seconds, whatever the issuer says. */
const LEAST_AGE_SECONDS = 300;

/** Fetches the keys of trusted issuers, from URLs that are not to reach the network of this service. */
@Injectable()
export class IssuerKeySource {
  private readonly policy: NetworkPolicy;
  private readonly allowLoopbackHttp: boolean;

  constructor(
    @Inject(ISSUERS_SETTINGS)
    { issuerNetworks, production }: Pick<IssuersSettings, 'issuerNetworks' | 'production'>,
  ) {
    this.policy = new NetworkPolicy(issuerNetworks);
    this.allowLoopbackHttp = !production;
  }

  /**
   * Fetches keys. Takes at most 5 seconds.
   *
   * @param issuer the exact `iss`, which is the URL of an issuer whose keys are discovered
   * @param signal ends the fetch early
   * @returns at most 100 keys, or why there are none
   */
  fetch(
    issuer: string,
    keys: RemoteKeySource,
    signal: AbortSignal,
  ): Promise<PublishedKeySet | RemoteFailure> {
    const ended = new AbortController();
    const failure = new RemoteFailure(urlOf(issuer, keys), 'no response within 5 seconds');
    const attempt = this.attempt(issuer, keys, AbortSignal.any([signal, ended.signal]));
    // Not by the signal alone: reading a file or resolving a name cannot be aborted.
    return limitedWait(attempt, TIME_LIMIT_MS, failure).finally(() => ended.abort());
  }

  private async attempt(
    issuer: string,
    keys: RemoteKeySource,
    signal: AbortSignal,
  ): Promise<PublishedKeySet | RemoteFailure> {
    const url = urlOf(issuer, keys);
    try {
      const fetch = await this.fetchFor(url, keys, signal);
      const address = keys.kind === 'discovery' ? await this.discover(issuer, fetch) : url;
      const published = await fetchKeySet(address, fetch, {
        leastAgeSeconds: LEAST_AGE_SECONDS,
        maxBytes: MAX_BYTES,
      });
      return published.keys.length > MAX_ISSUER_KEYS
        ? new RemoteFailure(address, `over ${MAX_ISSUER_KEYS} keys`)
        : published;
    } catch (cause) {
      return cause instanceof RemoteFailure ? cause : RemoteFailure.from(cause, url);
    }
  }

  /** @throws {RemoteFailure} if a file of the entry cannot be used */
  private async fetchFor(url: string, keys: RemoteKeySource, signal: AbortSignal): Promise<Fetch> {
    const { caFile, tokenFile } = keys.kind === 'jwks_uri' ? keys : NO_FILES;
    const fetch = restrictedFetch({
      policy: this.policy,
      // A document may name the IP address that the administrator entered, but no other private one.
      literal: literalAddressOf(url),
      allowLoopbackHttp: this.allowLoopbackHttp,
      certificates: caFile === null ? undefined : await readCertificates(caFile, url),
      signal,
    });
    return tokenFile === null ? fetch : withBearer(fetch, await readBearerToken(tokenFile, url));
  }

  private async discover(issuer: string, fetch: Fetch): Promise<string> {
    const { fields } = await IssuerMetadata.fetchOpenId({
      issuer,
      fetch,
      allowPlainHttp: false,
      maxBytes: MAX_BYTES,
    });
    const address = fields['jwks_uri'];
    const fault =
      typeof address !== 'string' || address.length > MAX_URL_LENGTH
        ? `must be a URL of at most ${MAX_URL_LENGTH} characters`
        : remoteUrlFault(address, { allowLoopbackHttp: this.allowLoopbackHttp });
    if (fault !== undefined) throw new RemoteFailure(issuer, `the jwks_uri of its metadata ${fault}`);
    return new URL(String(address)).href;
  }
}

const NO_FILES = { caFile: null, tokenFile: null } as const;

/** The URL that the administrator entered. */
function urlOf(issuer: string, keys: RemoteKeySource): string {
  switch (keys.kind) {
    case 'discovery':
      return issuer;
    case 'jwks_uri':
      return keys.jwksUri;
    case 'spiffe_bundle_uri':
      return keys.bundleUri;
  }
}

/** The API server of Kubernetes requires a token for its keys. */
function withBearer(fetch: Fetch, token: string): Fetch {
  return (input, init) =>
    fetch(input, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${token}` },
    });
}
