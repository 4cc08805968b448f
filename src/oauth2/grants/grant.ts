import type { Type } from '@nestjs/common';
import type { Client } from '../../clients/client.js';

/** What a grant decides by: a client that has authenticated and may use the grant, and its own parameters. */
export interface GrantContext<Parameters extends object = object> {
  readonly client: Client;
  /** An instance of the class's `parameters`, validated. */
  readonly parameters: Parameters;
}

/** The evidence of a grant: who the token is about. Audience, scope and lifetime are the token endpoint's. */
export interface GrantDecision {
  readonly subject: string;
}

/**
 * One way to get a token (RFC 6749 §1.3): an injectable class. The token endpoint checks what all grants have
 * in common; a grant cannot skip a step of it.
 */
export interface Grant<Parameters extends object = object> {
  /** @throws {OAuthError} such as `invalid_grant` */
  decide(context: GrantContext<Parameters>): Promise<GrantDecision>;
}

/** The class of a {@link Grant}, as the index of this folder lists it. */
export interface GrantClass extends Type<Grant> {
  /**
   * The DTO of the parameters that this grant alone has; left out if it has none. Its `class-validator` rules
   * are checked before the grant decides, and OpenAPI shows its properties.
   */
  readonly parameters?: Type<object>;
}
