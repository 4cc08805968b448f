import type { DynamicModule } from '@nestjs/common';
import { IdentityAuthModule } from '../../src/guard/index.js';
import { TestIssuer } from '../../src/testing/index.js';
import { MovedClock } from './moved-clock.js';

/** What a caller presents to a handler that requires the scope `logs:write`. */
export type Presented =
  'none' | 'malformed' | 'expired' | 'otherAudience' | 'otherScope' | 'unavailable' | 'valid';

/** The refusal of each token: the status, and the body over HTTP. */
export const REFUSALS: readonly (readonly [Presented, number, object])[] = [
  ['none', 401, { error: 'Missing bearer token', code: 'missing_token' }],
  ['malformed', 401, { error: 'Invalid token', code: 'malformed_token' }],
  ['expired', 401, { error: 'Token expired', code: 'token_expired' }],
  ['otherAudience', 401, { error: 'Invalid audience', code: 'invalid_audience' }],
  ['otherScope', 403, { error: 'Insufficient scope', code: 'insufficient_scope' }],
  ['unavailable', 503, { error: 'The token cannot be checked now', code: 'unavailable' }],
];

/**
 * The registration of a guard, and tokens for it. The tokens of one key are verified with a shared secret;
 * those of the other need the issuer, which is unavailable.
 */
export class TransportTokens {
  readonly clock = new MovedClock();
  readonly auth: DynamicModule;
  private readonly sharing = new TestIssuer({ ...this.common, algorithm: 'HS256' });
  private readonly unavailable = new TestIssuer({ ...this.common, algorithm: 'ES256' });

  constructor() {
    this.auth = IdentityAuthModule.forRoot({
      issuer: 'https://issuer.example',
      audience: 'a-service',
      secrets: [this.sharing.secret],
      jwksUri: 'https://issuer.example/jwks.json',
      algorithms: ['HS256', 'ES256'],
      fetch: () => Promise.reject(new Error('The issuer is unavailable')),
      clock: this.clock,
    });
  }

  /** @returns the token; `undefined` for `none` */
  async token(presented: Presented): Promise<string | undefined> {
    switch (presented) {
      case 'none':
        return undefined;
      case 'malformed':
        return 'no-token';
      case 'expired':
        return this.sharing.badToken('expired', { scope: 'logs:write' });
      case 'otherAudience':
        return this.sharing.token({ aud: 'another-service', scope: 'logs:write' });
      case 'otherScope':
        return this.sharing.token({ scope: 'logs:read' });
      case 'unavailable':
        return this.unavailable.token({ scope: 'logs:write' });
      case 'valid':
        return this.valid();
    }
  }

  valid(): Promise<string> {
    return this.sharing.token({ sub: 'a-client', scope: 'logs:write' });
  }

  private get common(): { issuer: string; audience: string; clock: MovedClock } {
    return { issuer: 'https://issuer.example', audience: 'a-service', clock: this.clock };
  }
}
