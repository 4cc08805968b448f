import { FormParameters } from '../encoding/form-urlencoded.js';
import { OAuthError } from './oauth-error.js';

/** The one parameter that may be repeated (RFC 8707 §2). */
const REPEATABLE = 'resource';

/**
 * The parameters of a request (RFC 6749 §3.2). Each occurs at most once; one without a value counts as
 * omitted.
 */
export class OAuthForm {
  private readonly values = new Map<string, string>();
  /** The values of `resource`. */
  readonly resources: readonly string[];

  /** @throws {OAuthError} if a parameter is repeated */
  constructor(body: unknown) {
    const resources: string[] = [];
    const seen = new Set<string>();
    for (const [name, value] of body instanceof FormParameters ? body.parameters : []) {
      if (name === REPEATABLE) {
        if (value !== '') resources.push(value);
        continue;
      }
      if (seen.has(name)) throw new OAuthError('invalid_request', 'A parameter is repeated');
      seen.add(name);
      if (value !== '') this.values.set(name, value);
    }
    this.resources = resources;
  }

  get(name: string): string | undefined {
    return this.values.get(name);
  }
}
