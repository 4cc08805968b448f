import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { claimsOf } from './accepted-claims.js';
import type { Claims } from '../jwt/claims.js';

type PipeOrType = PipeTransform | Type<PipeTransform>;

/**
 * A parameter of a handler: the claims of the token, or the named one, as in `@CurrentToken('sub')`.
 * `undefined` on public routes. With GraphQL the request is found as `req` of its context.
 */
export const CurrentToken: (name?: string | PipeOrType, ...pipes: PipeOrType[]) => ParameterDecorator =
  createParamDecorator((name: string | undefined, context: ExecutionContext) => {
    const claims = findClaims(context.getArgs());
    if (name === undefined) return claims;
    return claims && Object.hasOwn(claims, name) ? claims[name] : undefined;
  });

function findClaims(handlerArguments: readonly unknown[]): Claims | undefined {
  for (const argument of handlerArguments) {
    if (typeof argument !== 'object' || argument === null) continue;
    const { req } = argument as { req?: unknown };
    const claims =
      claimsOf(argument) ?? (typeof req === 'object' && req !== null ? claimsOf(req) : undefined);
    if (claims) return claims;
  }
  return undefined;
}
