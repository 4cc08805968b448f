import type { CustomDecorator } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/** The metadata of {@link RequireScopes}; its key is fixed for the same reason as that of `Public`. */
export const RequiredScopes = Reflector.createDecorator<string[]>({
  key: 'identity-backend/required-scopes',
});

/**
 * Accepts a request only if the `scope` of its token (RFC 6749 §3.3) contains all of these, and all of those
 * that the controller requires. Otherwise the guard responds 403 `insufficient_scope` (RFC 6750 §3.1).
 *
 * @param scopes scope tokens, at least one
 */
export function RequireScopes(...scopes: [string, ...string[]]): CustomDecorator {
  return RequiredScopes(scopes);
}
