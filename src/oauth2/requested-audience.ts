import type { Client } from '../clients/client.js';
import { anyAudienceOf, normalAudience, sameAudience } from '../jwt/audience.js';
import { audiencesOf } from '../jwt/claims.js';
import { isName } from '../encoding/well-formed-text.js';
import type { Evidence } from './grants/grant.js';
import { OAuthError } from './oauth-error.js';
import type { OAuthForm } from './oauth-form.js';

const MAX_AUDIENCES = 20;

/**
 * The audience that a request names, by `resource` (RFC 8707 §2, absolute URIs, in any spelling) or by
 * `audience` (names separated by a space); otherwise the client's default or only audience.
 *
 * @returns a string for one audience, an array for several
 * @throws {OAuthError} `invalid_target`
 */
export function requestedAudience(form: OAuthForm, client: Client): string | readonly string[] {
  const { resources } = form;
  const names = form.get('audience');
  if (resources.length > 0 && names !== undefined) throw invalidTarget('Use either resource or audience');
  if (!resources.every(isAbsoluteUri)) throw invalidTarget('resource is not an absolute URI');
  const given = [...new Set(names === undefined ? resources : names.split(' '))];
  if (given.length === 0) return defaultAudience(client);
  if (given.length > MAX_AUDIENCES || !given.every(isName)) throw invalidTarget('audience is malformed');
  const audiences = names === undefined ? asRegistered(given, client) : given;
  const [only = ''] = audiences;
  return audiences.length === 1 ? only : audiences;
}

/**
 * Checks an audience against the evidence of a grant: nothing that someone outside asserts opens the service
 * itself, and a token reaches no further than its evidence.
 *
 * @param ownAudience the service itself
 * @throws {OAuthError} `invalid_target`
 */
export function checkTarget(
  audience: string | readonly string[],
  { audiences }: Evidence,
  ownAudience: string,
): void {
  const isAllowed = audiences && anyAudienceOf(audiences);
  for (const each of audiencesOf(audience)) {
    if (sameAudience(each, ownAudience)) throw invalidTarget('The audience is reserved');
    if (isAllowed && !isAllowed(each)) {
      throw invalidTarget('The audience is not within the resource of the assertion');
    }
  }
}

function defaultAudience({ defaultAudience, audiences }: Client): string {
  const only = audiences.length === 1 ? audiences[0] : undefined;
  const found = defaultAudience ?? only;
  if (found === undefined) throw invalidTarget('Name the audience: the client has no default');
  return found;
}

/**
 * The resources in the spelling that is registered, each once, for receivers that compare exactly. Clients send
 * a resource as their URL parser writes it, such as with `/` for an empty path.
 */
function asRegistered(resources: readonly string[], { audiences }: Client): readonly string[] {
  const normal = audiences.map(normalAudience);
  return [...new Set(resources.map((each) => audiences[normal.indexOf(normalAudience(each))] ?? each))];
}

/** RFC 8707 §2: absolute, and without a fragment. */
function isAbsoluteUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+$/.test(text);
}

function invalidTarget(message: string): OAuthError {
  return new OAuthError('invalid_target', message);
}
