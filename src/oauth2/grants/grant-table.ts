import type { Client } from '../../clients/client.js';
import { Rules } from '../../validation/rules.js';
import { OAuthError } from '../oauth-error.js';
import type { OAuthForm } from '../oauth-form.js';
import type { Grant, GrantClass, GrantDecision } from './grant.js';

/** A grant with the compiled rules of its own parameters. */
class RegisteredGrant {
  private readonly rules: Rules<object> | undefined;

  constructor(
    private readonly grant: Grant,
    { parameters }: GrantClass,
  ) {
    this.rules = parameters && new Rules(parameters);
  }

  /** @throws {OAuthError} if a parameter of the grant is missing or malformed, or the grant refuses */
  async decide(client: Client, form: OAuthForm): Promise<GrantDecision> {
    return this.grant.decide({ client, parameters: this.rules ? read(form, this.rules) : {} });
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
        return instance ? [[type, new RegisteredGrant(instance, grantClass)]] : [];
      }),
    );
  }

  /**
   * @param type the `grant_type` of the request
   * @returns the grant of this type
   * @throws {OAuthError} if there is no such grant, or the client may not use it
   */
  allowed(type: string, client: Client): RegisteredGrant {
    const grant = this.grants.get(type);
    if (!grant) throw new OAuthError('unsupported_grant_type', 'This grant_type is not known here');
    if (!client.grantTypes.includes(type)) {
      throw new OAuthError('unauthorized_client', 'The client may not use this grant_type');
    }
    return grant;
  }
}
