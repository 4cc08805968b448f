import { Reflector } from '@nestjs/core';

/**
 * Opens a route, or all of a controller, where the guard stands before everything: no token is asked for or looked at.
 *
 * The key is fixed, so that the decorator of one copy of this package counts for the guard of another.
 */
export const Public = Reflector.createDecorator<undefined, boolean>({
  key: 'identity-backend/public',
  transform: () => true,
});
