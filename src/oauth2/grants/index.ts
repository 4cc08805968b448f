/**
 * The grants of the token endpoint, one file each. The names are those of `clients/client.ts`, which a client
 * may be allowed; a name without a grant does not compile. Metadata, OpenAPI and the providers of the module
 * follow from it.
 */
import type { GrantType } from '../../clients/client.js';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import type { GrantClass } from './grant.js';

export const GRANTS: Readonly<Record<GrantType, GrantClass>> = {
  client_credentials: ClientCredentialsGrant,
};
