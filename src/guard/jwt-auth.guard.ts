import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import type { Claims } from '../jwt/claims.js';
import { forgetClaims, isObject, keepClaims } from './accepted-claims.js';
import { authorizeBearer, type BearerAuthorization } from './authorize-bearer.js';
import { BearerRefusal } from './bearer-refusal.js';
import { hasTwoAuthorizations } from './bearer-token.js';
import { markAsGuard } from './declared-protection.js';
import { GuardReport } from './guard-report.js';
import { allScopes, insufficiencyOf, requirementsOf, type Requirements } from './requirements.js';
import { TokenVerifier } from './token-verifier.js';
import { loadTransport, transportError } from './transport-error.js';

/**
 * Accepts a request if it presents a valid token for this service as a bearer token (RFC 6750). Apply it with
 * `@UseGuards(JwtAuthGuard)` or, for all routes, as `APP_GUARD`. Works for HTTP, on Express and on Fastify,
 * and for GraphQL. For other transports, extend it: {@link getRequest} and {@link tokenOf} find the request
 * and its token.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  private readonly report: GuardReport;

  constructor(protected readonly verifier: TokenVerifier) {
    this.report = new GuardReport(verifier.hooks);
  }

  /**
   * @returns true, or a promise of it if the issuer must be queried; the claims are kept for `CurrentToken`
   *   and `claimsOf`
   * @throws {Error} what {@link toError} makes of a refusal; on HTTP a {@link BearerRefusal} with 400, 401,
   *   403, or 503 if the issuer must be queried and does not respond
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const loading = loadTransport(context.getType());
    return loading ? loading.then(() => this.authorize(context)) : this.authorize(context);
  }

  /**
   * Finds the object that carries the token: the claims are kept for it. By default the request of Express or
   * Fastify and, with GraphQL, the `req` of the context.
   */
  protected getRequest(context: ExecutionContext): object {
    if (context.getType<string>() !== 'graphql') return context.switchToHttp().getRequest<object>();
    const { req } = context.getArgByIndex<{ readonly req?: object } | undefined>(2) ?? {};
    return req ?? {};
  }

  /**
   * Reads the token of a request. By default as the option `tokenFrom` says.
   *
   * @param request what {@link getRequest} returned
   * @returns the token as received, or `undefined` if there is none
   */
  protected tokenOf(request: object): string | undefined {
    return this.verifier.readToken(request);
  }

  /** Sets a header on the response, if the transport has headers. */
  protected setHeader(context: ExecutionContext, name: string, value: string): void {
    if (context.getType() !== 'http') return;
    context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): unknown }>()
      .header(name, value);
  }

  /**
   * Makes the error with which a request is refused. By default the refusal itself on HTTP, an error with
   * `extensions.code` for GraphQL, an `RpcException` for messages, and a `WsException` for WebSockets.
   */
  protected toError(context: ExecutionContext, refusal: BearerRefusal): Error {
    return transportError(context, refusal);
  }

  /**
   * Lets a request in with claims that are not those of a token, such as those of an API key, if they have
   * what the handler requires. For subclasses that override {@link canActivate}.
   *
   * @returns true
   * @throws {Error} as {@link canActivate}, if the claims lack a scope or a value
   */
  protected admit(context: ExecutionContext, claims: Claims): boolean {
    const required = requirementsOf(context);
    const attempt = this.attempt(context, required);
    return this.settle(attempt, insufficiencyOf(claims, required) ?? { code: 'valid', claims });
  }

  private authorize(context: ExecutionContext): MaybePromise<boolean> {
    const required = requirementsOf(context);
    if (required.access === 'public') return true;
    const attempt = this.attempt(context, required);
    const { request } = attempt;
    if (isObject(request) && hasTwoAuthorizations(request)) {
      return this.refuse(attempt, BearerRefusal.repeatedAuthorization(this.verifier.space));
    }
    const token = isObject(request) ? this.tokenOf(request) : undefined;
    if (token === undefined && required.access === 'optional') {
      forgetEarlierMessages(attempt);
      return true;
    }
    const authorization = authorizeBearer(token, this.verifier, required);
    return andThen(authorization, (outcome) => this.settle(attempt, outcome));
  }

  private attempt(context: ExecutionContext, required: Requirements): Attempt {
    return { context, required, request: this.getRequest(context) };
  }

  private settle(attempt: Attempt, outcome: BearerAuthorization): boolean {
    const { space } = this.verifier;
    switch (outcome.code) {
      case 'valid':
        return this.accept(attempt, outcome.claims);
      case 'missing_token':
        forgetEarlierMessages(attempt);
        return this.refuse(attempt, BearerRefusal.missingToken(space, allScopes(attempt.required)));
      case 'insufficient_scope':
      case 'insufficient_claims':
        return this.refuse(attempt, BearerRefusal.insufficient(space, outcome));
      case 'unavailable':
        forgetEarlierMessages(attempt);
        return this.refuse(attempt, BearerRefusal.unavailable(outcome));
      case 'invalid_token':
        forgetEarlierMessages(attempt);
        return this.refuse(
          attempt,
          BearerRefusal.invalidToken(space, outcome.reason, allScopes(attempt.required)),
        );
    }
  }

  private accept({ context, request }: Attempt, claims: Claims): boolean {
    if (isObject(request)) keepClaims(request, claims, context.getHandler());
    this.report.accepted(context, claims);
    return true;
  }

  private refuse({ context }: Attempt, refusal: BearerRefusal): never {
    for (const [name, value] of Object.entries(refusal.headers)) this.setHeader(context, name, value);
    this.report.refused(context, refusal);
    throw this.toError(context, refusal);
  }
}

/** One request, and what its handler requires. */
interface Attempt {
  readonly context: ExecutionContext;
  readonly required: Requirements;
  /** What `getRequest` returned; a message may be no object, whatever the type says. */
  readonly request: unknown;
}

/**
 * Forgets what an earlier message has left on a connection, once its token is no longer valid. With GraphQL,
 * the other fields of a request keep the claims of its token.
 */
function forgetEarlierMessages({ context, request }: Attempt): void {
  if (['ws', 'rpc'].includes(context.getType()) && isObject(request)) forgetClaims(request);
}

markAsGuard(JwtAuthGuard);
