import type { Type } from '@nestjs/common';
import type { Client } from '../../clients/client.js';

/**
 * The input of a grant: a client that has authenticated and may use the grant, and the grant's own
 * parameters.
 */
export interface GrantContext<Parameters extends object = object> {
  readonly client: Client;
  /** An instance of the class's `parameters`, validated. */
  readonly parameters: Parameters;
}

/**
 * The decision of a grant: who the token is about. The token endpoint decides audience, scope and lifetime.
 */
export interface GrantDecision {
  readonly subject: string;
}

/**
 * One way to get a token (RFC 6749 §1.3), as an injectable class. The token endpoint makes the checks that
 * all grants share, and a grant cannot skip them.
 */
export interface Grant<Parameters extends object = object> {
  /** @throws {OAuthError} such as `invalid_grant` */
  decide(context: GrantContext<Parameters>): Promise<GrantDecision>;
}

/** The class of a {@link Grant}, as the index of this folder lists it. */
export interface GrantClass extends Type<Grant> {
  /**
   * The DTO of the parameters that only this grant has; omitted if there are none. Its `class-validator`
   * rules are checked before the grant decides, and the OpenAPI document shows its properties.
   */
  readonly parameters?: Type<object>;
}
