import type { ExecutionContext } from '@nestjs/common';
import { kindOf } from '../encoding/kind-of.js';
import { isObject } from '../guard/accepted-claims.js';
import { JwtAuthGuard } from '../guard/jwt-auth.guard.js';
import { TokenVerifier } from '../guard/token-verifier.js';
import type { VerificationOutcome } from '../guard/verification-outcome.js';
import { audiencesOf, type Claims } from '../jwt/claims.js';
import { TestIssuer } from './test-issuer.js';

/** Claims of a token in a test; `undefined` omits one that is set by default. */
export type SignedInClaims = { readonly [Name in keyof Claims]?: Claims[Name] | undefined };

/**
 * A `JwtAuthGuard` that treats every request as if it presented a new token with the same claims, whatever
 * token it presents. It makes such tokens and verifies them, so that nothing differs from a real one.
 */
export class SignedInGuard extends JwtAuthGuard {
  /**
   * @param verifier takes the place of the `TokenVerifier` of an application, if a test cannot replace the
   *   guard itself: one that is registered with `useClass`
   */
  constructor(override readonly verifier: TokenVerifier) {
    super(verifier);
  }

  /**
   * Finds an object for which the claims can be kept: a message may be text, and a GraphQL context may lack
   * `req`.
   */
  protected override getRequest(context: ExecutionContext): object {
    const handlerArguments: readonly unknown[] = context.getArgs();
    if (context.getType<string>() !== 'graphql') return handlerArguments.find(isObject) ?? {};
    const graphql = handlerArguments[2] as { readonly req?: unknown } | null | undefined;
    return [graphql?.req, graphql].find(isObject) ?? {};
  }
}

/** Verifies a new token with the same claims for each request. */
class SignedInVerifier extends TokenVerifier {
  constructor(
    private readonly issuer: TestIssuer,
    private readonly claims: SignedInClaims,
  ) {
    const audiences = audiencesOf(claims.aud);
    super({
      issuer: issuer.issuer,
      audience: audiences.length > 0 ? audiences : issuer.audience,
      secrets: [issuer.secret],
    });
  }

  /** The token of a request does not matter; it only must not be missing. */
  override readToken(): string {
    return 'signed-in';
  }

  override async verify(): Promise<VerificationOutcome> {
    return super.verify(await this.issuer.token(this.claims));
  }
}

/**
 * Makes a guard for tests, in place of the real one:
 * `overrideGuard(JwtAuthGuard).useValue(signedInAs({ sub: 'user-42' }))`, or `overrideProvider` if the guard
 * is the `APP_GUARD` by `useExisting`. If it is registered by `useClass`, replace what it verifies with:
 * `overrideProvider(TokenVerifier).useValue(signedInAs({ … }).verifier)`.
 *
 * Handlers see the claims, and their decorators hold, as with a token of these claims: one that has expired is
 * refused, for example.
 *
 * @param claims claims to add or replace: `iss`, `sub`, `aud`, `iat`, `exp` and `jti` are set by default, as
 *   {@link TestIssuer.token} does; `undefined` omits one
 * @throws {TypeError} if the claims are no object, or not possible in JSON
 */
export function signedInAs(claims: SignedInClaims): SignedInGuard {
  if (typeof claims !== 'object' || (claims as unknown) === null || Array.isArray(claims)) {
    throw new TypeError(`signedInAs: claims must be an object, not ${kindOf(claims)}`);
  }
  // What no token can contain fails here, and not at the first request.
  JSON.stringify(claims);
  const issuer = new TestIssuer({ algorithm: 'HS256', issuer: claims.iss });
  return new SignedInGuard(new SignedInVerifier(issuer, { ...claims }));
}
