import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { andThen } from '../concurrency/maybe-promise.js';
import { keepClaims } from './accepted-claims.js';
import { authorizeBearer, type BearerAuthorization } from './authorize-bearer.js';
import { BearerRefusal } from './bearer-refusal.js';
import { bearerToken, hasTwoAuthorizations } from './bearer-token.js';
import { Public } from './public.decorator.js';
import { RequiredScopes } from './require-scopes.decorator.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Accepts a request if it presents a valid token for this service as a bearer token (RFC 6750). Apply it with
 * `@UseGuards(JwtAuthGuard)` or, for all routes, as `APP_GUARD`. Works on Express and on Fastify. For other
 * transports, extend it: the protected methods find the request and its token, and set the challenge.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly reflector: Reflector,
  ) {}

  /**
   * @returns true, or a promise of it if the issuer must be queried; the claims are kept for `CurrentToken`
   *   and `claimsOf`
   * @throws {BearerRefusal} 400, 401, 403, or 503 if the issuer must be queried and does not respond
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = this.getRequest(context);
    if (hasTwoAuthorizations(request)) {
      this.refuse(context, BearerRefusal.repeatedAuthorization(this.verifier.realm));
    }
    const authorization = authorizeBearer(this.tokenOf(request), this.verifier, this.scopesFor(context));
    return andThen(authorization, (outcome) => this.decide(context, request, outcome));
  }

  /**
   * Finds the request, under which the claims are kept. For GraphQL, return
   * `GqlExecutionContext.create(context).getContext().req`.
   */
  protected getRequest(context: ExecutionContext): object {
    return context.switchToHttp().getRequest<object>();
  }

  /**
   * Reads the token of a request.
   *
   * @param request what {@link getRequest} returned
   * @returns the token as received, or `undefined` if there is none
   */
  protected tokenOf(request: object): string | undefined {
    return bearerToken(request);
  }

  /** Sets a header on the response, if the transport has headers. */
  protected setHeader(context: ExecutionContext, name: string, value: string): void {
    if (context.getType() !== 'http') return;
    context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): unknown }>()
      .header(name, value);
  }

  private scopesFor(context: ExecutionContext): readonly string[] {
    const targets = [context.getClass(), context.getHandler()];
    return [...new Set(this.reflector.getAllAndMerge(RequiredScopes, targets))];
  }

  private decide(context: ExecutionContext, request: object, outcome: BearerAuthorization): boolean {
    const { realm } = this.verifier;
    switch (outcome.code) {
      case 'valid':
        keepClaims(request, outcome.claims);
        return true;
      case 'missing_token':
        return this.refuse(context, BearerRefusal.missingToken(realm));
      case 'insufficient_scope':
        return this.refuse(context, BearerRefusal.insufficientScope(realm, outcome.scopes));
      case 'unavailable':
        return this.refuse(context, BearerRefusal.unavailable(outcome));
      case 'invalid_token':
        return this.refuse(context, BearerRefusal.invalidToken(realm, outcome.reason));
    }
  }

  private refuse(context: ExecutionContext, refusal: BearerRefusal): never {
    if (refusal.challenge !== undefined) this.setHeader(context, 'WWW-Authenticate', refusal.challenge);
    throw refusal;
  }
}
