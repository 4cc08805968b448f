/**
 * Records clients whose assertions name the token endpoint as their audience. draft-ietf-oauth-rfc7523bis
 * requires the issuer: another server may have given the client the URL of this endpoint.
 */
export abstract class EndpointAudienceLog {
  /** @param clientId a client that authenticated by such an assertion */
  abstract used(clientId: string): void;
}
