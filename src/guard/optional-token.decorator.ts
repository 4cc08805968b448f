import { Reflector } from '@nestjs/core';
import { METADATA } from './requirements.js';

/**
 * Accepts requests without a token at a handler, or at all handlers of a controller. A token that is sent
 * must be valid; otherwise the request is refused as usual. `@CurrentToken()` is `undefined` without a token.
 * The nearer decorator wins, as with `@Public()`. Its parameter, `isOptional`, is true if omitted.
 */
export const OptionalToken = Reflector.createDecorator<boolean | undefined, boolean>({
  key: METADATA.optionalToken,
  transform: (isOptional = true) => isOptional,
});
