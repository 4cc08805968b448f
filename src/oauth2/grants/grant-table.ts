import type { Client } from '../../clients/client.js';
import type { MaybePromise } from '../../concurrency/maybe-promise.js';
import { Rules } from '../../validation/rules.js';
import { OAuthError } from '../oauth-error.js';
import type { OAuthForm } from '../oauth-form.js';
import type { Grant, GrantClass, GrantContext, GrantDecision, UnauthenticatedRequest } from './grant.js';

/** A grant with the compiled rules of its own parameters. */
export class RegisteredGrant {
  private readonly rules: Rules<object> | undefined;

  constructor(
    private readonly type: string,
    private readonly grant: Grant,
    { parameters }: GrantClass,
  ) {
    this.rules = parameters && new Rules(parameters);
  }

  /** Whether it can find the client of a request without client authentication. */
  get identifies(): boolean {
    return this.grant.identify !== undefined;
  }

  /** @throws {OAuthError} if the grant requires client authentication, or does not find a client */
  identify(form: OAuthForm, request: UnauthenticatedRequest): MaybePromise<Client> {
    if (!this.grant.identify) throw new OAuthError('invalid_client', 'Client authentication failed');
    return this.grant.identify(this.parametersOf(form), request);
  }

  /** @throws {OAuthError} if the client may not use the grant */
  checkAllowed({ grantTypes }: Client): void {
    if (!grantTypes.includes(this.type)) {
      throw new OAuthError('unauthorized_client', 'The client may not use this grant_type');
    }
  }

  /** @throws {OAuthError} if a parameter of the grant is missing or malformed, or the grant refuses */
  decide(form: OAuthForm, context: Omit<GrantContext, 'parameters'>): Promise<GrantDecision> {
    return this.grant.decide({ ...context, parameters: this.parametersOf(form) });
  }

  private parametersOf(form: OAuthForm): object {
    return this.rules ? read(form, this.rules) : {};
  }
}

function read(form: OAuthForm, rules: Rules<object>): object {
  const parameters = rules.read(Object.fromEntries(rules.fields.map((name) => [name, form.get(name)])));
  if (typeof parameters === 'string') throw new OAuthError('invalid_request', parameters);
  return parameters;
}

/** The grants of the token endpoint, by the value of `grant_type`. */
export class GrantTable {
  private readonly grants: ReadonlyMap<string, RegisteredGrant>;

  /** @param instances the instances of the classes, in the same order */
  constructor(classes: Readonly<Record<string, GrantClass>>, instances: readonly Grant[]) {
    this.grants = new Map(
      Object.entries(classes).flatMap(([type, grantClass], index) => {
        const instance = instances[index];
        return instance ? [[type, new RegisteredGrant(type, instance, grantClass)]] : [];
      }),
    );
  }

  /**
   * @param type the `grant_type` of the request
   * @throws {OAuthError} if there is no such grant
   */
  named(type: string): RegisteredGrant {
    const grant = this.grants.get(type);
    if (!grant) throw new OAuthError('unsupported_grant_type', 'This grant_type is not known here');
    return grant;
  }
}
