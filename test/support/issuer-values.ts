import type { TrustedIssuer } from '../../src/issuers/trusted-issuer.js';
import { NEW_YEAR } from './moved-clock.js';

/** An entry with the defaults and no use, created at {@link NEW_YEAR}. */
export function issuerOf(changes: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return {
    id: 'corporate',
    issuer: 'https://corporate.example',
    keys: { kind: 'discovery' },
    algorithms: ['RS256', 'ES256'],
    audiences: ['identity-backend'],
    uses: [],
    types: ['', 'jwt'],
    maxLifetimeSeconds: 3600,
    replay: { client_authentication: 'reusable', jwt_bearer: 'once', token_exchange: 'reusable' },
    subject: 'prefixed',
    claims: {},
    scopesClaim: null,
    idJag: false,
    disabled: false,
    keysSetAt: NEW_YEAR * 1000,
    createdAt: NEW_YEAR * 1000,
    updatedAt: NEW_YEAR * 1000,
    ...changes,
  };
}
