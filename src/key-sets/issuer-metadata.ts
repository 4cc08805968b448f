import { isJsonObject } from '../encoding/strict-json.js';
import { fetchJson, type Fetch } from '../http-client/fetch-json.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import { checkServiceAddress } from '../http-client/service-address.js';

/** The issuer whose metadata to look up, and how to request it. */
export interface Discovery {
  /** The issuer, a URL. */
  readonly issuer: string;
  readonly allowPlainHttp: boolean;
  readonly fetch: Fetch;
  /** The largest document, in bytes; 1 MiB by default. */
  readonly maxBytes?: number | undefined;
}

const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

/** The metadata of an issuer (RFC 8414 §2), which names exactly that issuer. */
export class IssuerMetadata {
  /** @param address the URL of the document */
  private constructor(
    private readonly address: string,
    private readonly allowPlainHttp: boolean,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /**
   * Fetches it by OpenID Connect Discovery 1.0 §4, otherwise by RFC 8414 §3.
   *
   * @throws {RemoteFailure} if no document exists, or it belongs to another issuer (RFC 8414 §3.3)
   */
  static fetch(discovery: Discovery): Promise<IssuerMetadata> {
    return IssuerMetadata.fetchFrom(metadataAddresses(discovery.issuer), discovery);
  }

  /**
   * Fetches it from the URL that OpenID Connect Discovery 1.0 §4.1 forms, and from no other.
   *
   * @throws {RemoteFailure} if the document does not exist, or it belongs to another issuer
   */
  static fetchOpenId(discovery: Discovery): Promise<IssuerMetadata> {
    return IssuerMetadata.fetchFrom([discovery.issuer.replace(/\/$/, '') + OPENID], discovery);
  }

  /** @param addresses the URLs of the document; each is tried if the ones before it do not exist */
  private static async fetchFrom(
    addresses: Iterable<string>,
    { issuer, fetch, allowPlainHttp, maxBytes }: Discovery,
  ): Promise<IssuerMetadata> {
    let failure: RemoteFailure | undefined;
    for (const address of addresses) {
      const { status, body } = await fetchJson(fetch, address, {
        headers: { accept: 'application/json' },
        maxBytes,
      });
      if (status === 200) {
        const fields = isJsonObject(body) ? body : {};
        if (fields['issuer'] === issuer) return new IssuerMetadata(address, allowPlainHttp, fields);
        throw new RemoteFailure(address, 'the document is that of another issuer', 200);
      }
      failure = new RemoteFailure(address, `status ${status}`, status);
    }
    throw failure ?? new RemoteFailure(issuer, 'no metadata');
  }

  /**
   * Reads the URL of an endpoint.
   *
   * @param field such as `token_endpoint`
   * @throws {RemoteFailure} if there is none, or it is not `https`
   */
  endpoint(field: string): string {
    const value = this.fields[field];
    try {
      checkServiceAddress(field, value, { allowPlainHttp: this.allowPlainHttp });
    } catch (cause) {
      const reason = cause instanceof TypeError ? cause.message : `${field} is not a valid URL`;
      throw new RemoteFailure(this.address, reason, 200);
    }
    return value;
  }
}

/**
 * OpenID Connect appends the well-known path to the issuer; RFC 8414 inserts it before the issuer's path.
 * Some issuers with a path can serve only the appended form.
 */
function metadataAddresses(issuer: string): Set<string> {
  const { origin, pathname } = new URL(issuer);
  const base = issuer.replace(/\/+$/, '');
  const path = pathname.replace(/\/+$/, '');
  return new Set([`${base}${OPENID}`, `${origin}${OAUTH}${path}`, `${base}${OAUTH}`]);
}
