import { Reflector } from '@nestjs/core';
import { METADATA } from './requirements.js';

/**
 * Makes a handler, or all handlers of a controller, public: `JwtAuthGuard` neither requires nor reads a
 * token. The nearer decorator wins: `@Public(false)` or `@RequireScopes()` at a handler of a public
 * controller requires a token again. Subclasses of a public controller are not public. Its parameter,
 * `isPublic`, is true if omitted.
 */
export const Public = Reflector.createDecorator<boolean | undefined, boolean>({
  key: METADATA.public,
  transform: (isPublic = true) => isPublic,
});
