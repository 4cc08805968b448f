import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { Claims } from '../jwt/claims.js';
import { findAcceptance } from './accepted-claims.js';
import { requirementsOf } from './requirements.js';

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
    const claims = claimsFor(context);
    if (name === undefined) return claims;
    return claims && Object.hasOwn(claims, name) ? claims[name] : undefined;
  });

/** A connection or a GraphQL request may have claims because of another handler. */
function claimsFor(context: ExecutionContext): Claims | undefined {
  if (requirementsOf(context).access === 'public') return undefined;
  return findAcceptance(context.getArgs())?.claims;
}
