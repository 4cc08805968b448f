import type { Client } from '../clients/client.js';
import { hasReservedScope, isScope } from '../jwt/scope.js';
import type { Evidence } from './grants/grant.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

/**
 * The scope that a request asks for; without one, what its evidence has and the client may have.
 *
 * @returns scope tokens separated by one space; `undefined` for none
 * @throws {OAuthError} `invalid_scope`
 */
export function requestedScope(
  form: OAuthForm,
  client: Client,
  evidence: Evidence | undefined,
): string | undefined {
  const scope = form.get('scope');
  if (scope !== undefined && !isScope(scope)) throw new OAuthError('invalid_scope', 'scope is malformed');
  if (!evidence) return scope;
  if (scope === undefined) return inheritedScope(client, evidence);
  // Nothing that someone outside asserts opens the routes of this service itself.
  if (hasReservedScope(scope)) throw new OAuthError('invalid_scope', 'The scope is reserved');
  const { scopes } = evidence;
  if (scopes && !scope.split(' ').every((each) => scopes.includes(each))) {
    throw new OAuthError('invalid_scope', 'The scope is not within that of the assertion');
  }
  return scope;
}

function inheritedScope({ scopes }: Client, evidence: Evidence): string | undefined {
  const inherited = [...new Set(evidence.scopes)].filter(
    (each) => scopes.includes(each) && !hasReservedScope(each),
  );
  return inherited.length === 0 ? undefined : inherited.join(' ');
}
