import type { Type } from '@nestjs/common';
import type { Client } from '../../clients/client.js';
import type { Attempt } from '../../clients/client-authenticator.js';
import type { MaybePromise } from '../../concurrency/maybe-promise.js';
import type { AssertedUser } from '../../issuers/asserted-user.js';
import type { OAuthError } from '../oauth-error.js';

/**
 * The input of a grant: a client that has authenticated and may use the grant, and the grant's own
 * parameters.
 */
export interface GrantContext<Parameters extends object = object> {
  readonly client: Client;
  /** Whether {@link Grant.identify} found the client, because the request has no client authentication. */
  readonly isIdentified: boolean;
  /** An instance of the class's `parameters`, validated. */
  readonly parameters: Parameters;
  readonly requestId: string;
}

/** What a token says about someone other than the client, and how far it may go. */
export interface Evidence extends Omit<AssertedUser, 'subject'> {
  /** The error if no token can be issued by it, for example because it has expired meanwhile. */
  readonly refusal: () => OAuthError;
}

/**
 * The decision of a grant: who the token is about. The token endpoint decides audience, scope and lifetime.
 */
export interface GrantDecision {
  readonly subject: string;
  /** What allows this subject; if omitted, the client's own `may_act_for` must allow it. */
  readonly evidence?: Evidence;
}

/** A request without client authentication. */
export interface UnauthenticatedRequest extends Attempt {
  /** The `client_id` of the request, which anyone may send. */
  readonly namedId: string | undefined;
}

/**
 * One way to get a token (RFC 6749 §1.3), as an injectable class. The token endpoint makes the checks that
 * all grants share, and a grant cannot skip them.
 */
export interface Grant<Parameters extends object = object> {
  /** @throws {OAuthError} such as `invalid_grant` */
  decide(context: GrantContext<Parameters>): Promise<GrantDecision>;

  /**
   * Finds the client of a request without client authentication, by what the grant itself proves. A grant
   * without this method requires client authentication.
   *
   * @throws {OAuthError} such as `invalid_grant`
   */
  identify?(parameters: Parameters, request: UnauthenticatedRequest): MaybePromise<Client>;
}

/** The class of a {@link Grant}, as the index of this folder lists it. */
export interface GrantClass extends Type<Grant> {
  /**
   * The DTO of the parameters that only this grant has; omitted if there are none. Its `class-validator`
   * rules are checked before the grant decides, and the OpenAPI document shows its properties.
   */
  readonly parameters?: Type<object>;
}
