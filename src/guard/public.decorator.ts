import { Reflector } from '@nestjs/core';

/**
 * Makes a route, or all routes of a controller, public: `JwtAuthGuard` neither requires nor reads a token.
 * The metadata key is fixed, so that the decorator of one copy of this package works with the guard of
 * another.
 */
export const Public = Reflector.createDecorator<undefined, boolean>({
  key: 'identity-backend/public',
  transform: () => true,
});
