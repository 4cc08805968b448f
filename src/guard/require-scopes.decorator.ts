import type { CustomDecorator } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/** Where {@link RequireScopes} keeps the scopes; its key is fixed for the same reason as that of `Public`. */
export const RequiredScopes = Reflector.createDecorator<string[]>({
  key: 'identity-backend/required-scopes',
});

/**
 * Lets a request through only where the `scope` of its token (RFC 6749 §3.3) holds all of these, and all of those that
 * the controller asks for. Else the guard answers 403 `insufficient_scope` (RFC 6750 §3.1).
 */
export function RequireScopes(...scopes: [string, ...string[]]): CustomDecorator {
  return RequiredScopes(scopes);
}
