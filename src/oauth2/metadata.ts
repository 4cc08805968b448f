import { CLIENT_ALGORITHMS } from './client-assertion.js';

/** What the metadata is made of. */
export interface MetadataOptions {
  readonly issuer: string;
  /** Beneath which the routes stand: empty, or `/` and segments. */
  readonly basePath: string;
  /** The algorithms that tokens may be signed with. */
  readonly algorithms: readonly string[];
}

/**
 * The metadata of the authorization server (RFC 8414 §2), which OpenID Connect Discovery shares.
 *
 * @returns the document, or one sentence why there is none
 */
export function serverMetadata({ issuer, basePath, algorithms }: MetadataOptions): object | string {
  if (!/^https?:\/\//.test(issuer) || !URL.canParse(issuer)) {
    return 'There is no discovery: JWT_ISSUER is not an http or https URL';
  }
  // An issuer has neither query nor fragment, be they empty (RFC 8414 §2).
  if (/[?#]/.test(issuer) || new URL(issuer).pathname.replace(/\/$/, '') !== basePath) {
    return 'There is no discovery: the path of JWT_ISSUER is not BASE_PATH';
  }
  const base = issuer.replace(/\/$/, '');
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  return {
    issuer,
    token_endpoint: `${base}/oauth2/token`,
    introspection_endpoint: `${base}/oauth2/introspect`,
    revocation_endpoint: `${base}/oauth2/revoke`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    scopes_supported: ['identity:admin', 'identity:introspect'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    service_documentation: `${base}/docs`,
  };
}
