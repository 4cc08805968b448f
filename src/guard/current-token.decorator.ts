import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { findClaims } from './accepted-claims.js';

type PipeOrType = PipeTransform | Type<PipeTransform>;

/**
 * Passes the claims of the token to a parameter of a handler, or the value of one claim, as in
 * `@CurrentToken('sub')`. The value is `undefined` on public routes, and for a claim that the token does not
 * have. With GraphQL, the request must be the `req` of the context.
 *
 * @param name of a claim; omitted for all claims
 * @param pipes transform or validate the value
 */
export const CurrentToken: (name?: string | PipeOrType, ...pipes: PipeOrType[]) => ParameterDecorator =
  createParamDecorator((name: string | undefined, context: ExecutionContext) => {
    const claims = findClaims(context.getArgs());
    if (name === undefined) return claims;
    return claims && Object.hasOwn(claims, name) ? claims[name] : undefined;
  });
