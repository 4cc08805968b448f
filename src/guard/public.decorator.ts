import { Reflector } from '@nestjs/core';

/**
 * Makes a route, or all of a controller, public under a global guard: a token is neither required nor read.
 * The key is fixed, so that the decorator of one copy of this package works with the guard of another.
 */
export const Public = Reflector.createDecorator<undefined, boolean>({
  key: 'identity-backend/public',
  transform: () => true,
});
