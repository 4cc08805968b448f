import { type Client, LATER_FIELDS } from '../../src/clients/client.js';
import { NEW_YEAR } from './moved-clock.js';

/** A client without permissions, created at {@link NEW_YEAR}. */
export function clientOf(changes: Partial<Client> = {}): Client {
  return {
    ...LATER_FIELDS,
    id: 'worker',
    name: 'worker',
    audiences: [],
    defaultAudience: null,
    scopes: [],
    claims: [],
    grantTypes: ['client_credentials'],
    tokenLifetimeSeconds: null,
    mayActFor: [],
    jwks: null,
    disabled: false,
    secrets: [],
    createdAt: NEW_YEAR * 1000,
    updatedAt: NEW_YEAR * 1000,
    ...changes,
  };
}
