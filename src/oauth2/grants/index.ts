/**
 * The grants of the token endpoint, one file each. `clients/client.ts` lists the names that a client may
 * have; a name without a grant here does not compile. The metadata, the OpenAPI document and the providers of
 * the module follow from this table.
 */
import { type GrantType, JWT_BEARER } from '../../clients/client.js';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import type { GrantClass } from './grant.js';
import { JwtBearerGrant } from './jwt-bearer.grant.js';

export const GRANTS: Readonly<Record<GrantType, GrantClass>> = {
  client_credentials: ClientCredentialsGrant,
  [JWT_BEARER]: JwtBearerGrant,
};
