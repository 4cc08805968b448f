import { IssuerMetadata } from '../key-sets/issuer-metadata.js';
import type { ClientSettings } from './client-settings.js';
import type { ClientSecretMethod } from './token-client-options.js';

/** The token endpoint of an issuer, and what its metadata says about it. */
export interface Endpoint {
  readonly address: string;
  /** The issuer's identifier; `undefined` without discovery. */
  readonly issuer: string | undefined;
  /** How a client secret is sent, unless an option says so. */
  readonly secretMethod: ClientSecretMethod;
}

/** The token endpoint at a fixed URL, or at the one that the issuer's metadata names. */
export class TokenEndpoint {
  private discovered: Promise<Endpoint> | undefined;

  constructor(private readonly settings: ClientSettings) {}

  /**
   * Reads the metadata once, however many requests wait for it.
   *
   * @throws {RemoteFailure} if there is no metadata, or that of another issuer
   */
  async get(): Promise<Endpoint> {
    const { tokenEndpoint } = this.settings;
    if (tokenEndpoint !== 'discover') {
      return { address: tokenEndpoint.address, issuer: undefined, secretMethod: 'client_secret_basic' };
    }
    this.discovered ??= this.discover();
    return this.discovered;
  }

  /** Reads the metadata again for the next request: after a failure, as the endpoint may have moved. */
  forget(): void {
    this.discovered = undefined;
  }

  private async discover(): Promise<Endpoint> {
    const { issuerUrl: issuer, allowPlainHttp, fetch } = this.settings;
    const metadata = await IssuerMetadata.fetch({ issuer, allowPlainHttp, fetch });
    return {
      address: metadata.endpoint('token_endpoint'),
      issuer,
      secretMethod: secretMethodOf(metadata.fields['token_endpoint_auth_methods_supported']),
    };
  }
}

/** `client_secret_basic` is the default of RFC 8414 §2, and what every issuer should support. */
function secretMethodOf(supported: unknown): ClientSecretMethod {
  const isPostOnly =
    Array.isArray(supported) &&
    supported.includes('client_secret_post') &&
    !supported.includes('client_secret_basic');
  return isPostOnly ? 'client_secret_post' : 'client_secret_basic';
}
