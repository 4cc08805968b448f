/** The longest scope, in bytes (which are characters, since only ASCII passes). */
export const MAX_SCOPE_BYTES = 1024;

const TOKEN = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';
const SCOPE = new RegExp(`^${TOKEN}( ${TOKEN})*$`);
const SCOPE_TOKEN = new RegExp(`^${TOKEN}$`);

/** Whether the text is scope tokens separated by exactly one space (RFC 6749 §3.3). */
export function isScope(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SCOPE_BYTES && SCOPE.test(value);
}

export function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SCOPE_BYTES && SCOPE_TOKEN.test(value);
}

/** Scopes with this prefix give access to the routes of this service itself. */
const RESERVED_PREFIX = 'identity:';

/** Whether a scope contains a scope token that only registered clients may have. */
export function hasReservedScope(scope: string): boolean {
  return scope.split(' ').some((token) => token.startsWith(RESERVED_PREFIX));
}
