import * as nest from '@nestjs/common';
import { TokenVerifier } from './token-verifier.js';

/** What terminus shows for an indicator. */
export type IdentityAuthHealthResult<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly [detail: string]: unknown }
>;

/**
 * With Nest 11 came terminus 11, which reads the status that an indicator returns. The terminus of Nest 10
 * takes every returned result for a success, and only an error with these fields for a failure; later ones
 * pass an error on as a fault of the check.
 */
const RETURNS_FAILURES = 'IntrinsicException' in nest;

/**
 * A health indicator for `@nestjs/terminus` 10, 11 and 12: `() => health.isHealthy()` among the indicators of
 * a `HealthCheckService`. It is down while the public keys of an issuer are unknown or too old to be used, as
 * no token of that issuer can be verified then.
 */
@nest.Injectable()
export class IdentityAuthHealth {
  constructor(private readonly verifier: TokenVerifier) {}

  /**
   * Fetches the keys that are missing, as a request would, and waits for two seconds at most: a service that
   * receives requests only once it is healthy would otherwise never fetch them.
   *
   * @param key the name of the indicator in the result
   * @throws {Error} with `isHealthCheckError` and `causes` instead of the result, if it is down and the
   *   application has terminus 10
   */
  async isHealthy<Key extends string = 'identity-auth'>(
    key: Key = 'identity-auth' as Key,
  ): Promise<IdentityAuthHealthResult<Key>> {
    await this.verifier.hydrate();
    const issuers = this.verifier.issuersWithoutKeys();
    if (issuers.length === 0) return resultOf(key, { status: 'up' });
    const message = 'The keys of an issuer are unknown or too old';
    const result = resultOf(key, { status: 'down', message, issuers });
    if (RETURNS_FAILURES) return result;
    throw Object.assign(new Error(message), { isHealthCheckError: true, causes: result });
  }
}

function resultOf<Key extends string>(
  key: Key,
  state: IdentityAuthHealthResult[string],
): IdentityAuthHealthResult<Key> {
  return { [key]: state } as IdentityAuthHealthResult<Key>;
}
