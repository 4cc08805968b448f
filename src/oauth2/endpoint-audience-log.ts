/**
 * Records clients whose assertions name the token endpoint as their audience. draft-ietf-oauth-rfc7523bis
 * wants the issuer: an endpoint may be one that another server named to the client.
 */
export abstract class EndpointAudienceLog {
  /** @param clientId of a client that authenticated itself by such an assertion */
  abstract used(clientId: string): void;
}
