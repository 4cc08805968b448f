import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { audiencesOf } from '../jwt/claims.js';
import { judgeToken, type Expectations, type VerificationKey } from '../jwt/judge-token.js';
import type { Verdict } from '../jwt/verdict.js';
import { KeyRing } from '../keys/key-ring.js';
import type { IssueOutcome } from './issue-outcome.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token-options.js';

/** The longest token that is issued, in bytes: longer ones do not fit the header limits of common servers. */
export const MAX_ISSUED_BYTES = 8 * 1024;

/** What a token is asked to say. */
export interface TokenRequest {
  readonly subject: string;
  /** Who may accept the token. A string stays a string in the token, an array stays an array. */
  readonly audience: string | readonly string[];
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string;
  /** Seconds; the configured lifetime where left out. */
  readonly lifetimeSeconds?: number;
  /** Further claims; they never override the registered ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What a token is judged for. */
export interface VerifyRequest {
  /** Compact JWS, as it came. */
  readonly token: string;
  /** The audience that asks. */
  readonly audience: string;
}

/** Issues tokens and judges them. Knows no HTTP and does no input or output. */
@Injectable()
export class TokenService {
  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions,
    @Inject(KeyRing) private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Makes a signed token.
   *
   * @returns the token, or why none is issued: for the service's own audience, which would make administrators, with
   *   a scope that this service grants to registered clients alone, with a lifetime over the limit, or too long
   */
  issue({ subject, audience, scope, lifetimeSeconds, claims }: TokenRequest): IssueOutcome {
    const { issuer, lifetimeSeconds: limit } = this.options;
    if (audiencesOf(audience).includes(issuer))
      return { code: 'invalid_target', reason: 'Audience not allowed' };
    if (scope !== undefined && hasReservedScope(scope)) {
      return { code: 'invalid_scope', reason: 'Scope not allowed' };
    }
    const expiresIn = lifetimeSeconds ?? limit;
    if (expiresIn > limit) {
      return { code: 'invalid_request', reason: `expires_in must be at most ${limit} seconds` };
    }
    const iat = Math.floor(this.clock.now() / 1000);
    const tokenId = randomUUID();
    const token = this.keys.signing.sign({
      ...claims,
      iss: issuer,
      sub: subject,
      aud: audience,
      iat,
      exp: iat + expiresIn,
      jti: tokenId,
      ...(scope !== undefined && { scope }),
    });
    if (token.length > MAX_ISSUED_BYTES) {
      return { code: 'invalid_request', reason: 'claims and aud together would make a token over 8 KiB' };
    }
    return { code: 'issued', token, expiresIn, tokenId };
  }

  /** Judges a token for one audience; see {@link judgeToken} for the order of the checks. */
  verify({ token, audience }: VerifyRequest): Verdict {
    return judgeToken(token, this.keys, this.expectations(audience), this.clock.now());
  }

  /** @returns whether the signing key makes signatures that it verifies */
  canSign(): boolean {
    return this.keys.signing.verifies(this.keys.signing.sign({}));
  }

  private expectations(audience: string): Expectations {
    const { issuer, clockToleranceSeconds, showFingerprints } = this.options;
    return {
      issuer,
      audience,
      toleranceSeconds: clockToleranceSeconds,
      allows: this.allows,
      ...(showFingerprints && { describeKeys: describeByFingerprint }),
    };
  }

  /**
   * Everybody who verifies with the shared secret can also sign with it. What is addressed to this service itself
   * decides who administers it, so no shared key is ever accepted there.
   */
  private readonly allows = (audience: string, _key: VerificationKey): boolean =>
    audience !== this.options.issuer;
}

/** Scopes of this prefix open the routes of this service itself. */
function hasReservedScope(scope: string): boolean {
  return scope.split(' ').some((token) => token.startsWith('identity:'));
}

function describeByFingerprint(keys: readonly (VerificationKey & { fingerprint?: string })[]): string {
  return ` (fingerprint ${keys.map((key) => key.fingerprint ?? key.id).join(', ')})`;
}
