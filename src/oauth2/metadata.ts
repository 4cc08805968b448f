import { baseUrlOf, pathOf, publishedUrls } from '../published-urls.js';
import { CLIENT_ALGORITHMS } from './client-assertion.js';

/** The Identity Assertion JWT Authorization Grant, a profile of the jwt-bearer grant. */
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag';

/** The settings from which the metadata is made. */
export interface MetadataOptions {
  readonly issuer: string;
  /** The URL by which clients reach the service; `undefined` if unknown. */
  readonly publicUrl: string | undefined;
  /** The path prefix of all routes: empty, or `/` and segments. */
  readonly basePath: string;
  /** The values of `grant_type` that the token endpoint accepts. */
  readonly grantTypes: readonly string[];
  /** The algorithms that tokens may be signed with. */
  readonly algorithms: readonly string[];
  /** Whether `/docs` is served. */
  readonly documentation: boolean;
}

/**
 * The metadata of the authorization server (RFC 8414 §2), which OpenID Connect Discovery shares. Clients'
 * scopes are not public, so `scopes_supported` is omitted.
 *
 * @returns the document, or one sentence that says why there is none
 */
export function serverMetadata(options: MetadataOptions): object | string {
  const { issuer, publicUrl, basePath, grantTypes, algorithms, documentation } = options;
  if (!/^https?:\/\//i.test(issuer) || !URL.canParse(issuer)) {
    return 'There is no discovery: JWT_ISSUER is not an http or https URL';
  }
  // An issuer has neither a query nor a fragment, not even an empty one (RFC 8414 §2).
  if (publicUrl === undefined || baseUrlOf(issuer) === undefined || pathOf(issuer) !== basePath) {
    return 'There is no discovery: the path of JWT_ISSUER is not BASE_PATH';
  }
  const urls = publishedUrls(publicUrl);
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  return {
    issuer,
    // Nothing is authorized there, but some clients that never use it refuse metadata without it.
    authorization_endpoint: urls.authorizationEndpoint,
    token_endpoint: urls.tokenEndpoint,
    introspection_endpoint: urls.introspectionEndpoint,
    revocation_endpoint: urls.revocationEndpoint,
    jwks_uri: urls.keySet,
    grant_types_supported: grantTypes,
    authorization_grant_profiles_supported: [ID_JAG_PROFILE],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    ...(documentation && { service_documentation: urls.documentation }),
  };
}
