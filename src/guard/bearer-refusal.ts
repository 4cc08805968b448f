import { HttpException } from '@nestjs/common';
import { REFUSAL_MESSAGES } from '../jwt/verification-result.js';
import { bearerChallenge, type ChallengeParameters, type ProtectedSpace } from './bearer-challenge.js';
import { describeClaims } from './required-claims.js';
import type { Insufficiency } from './requirements.js';
import type { TokenRefusal, TokenRefusalCode, Unavailable } from './verification-outcome.js';

/** The text of `error` for each code. */
const MESSAGES: Readonly<Record<TokenRefusalCode, string>> = {
  ...REFUSAL_MESSAGES,
  proof_required: 'Proof required',
  invalid_claims: 'Invalid claims',
};

/** The JSON body of a refusal. */
export interface RefusalBody {
  /** A message for people, the same for every refusal with this code. */
  readonly error: string;
  /** For programs. */
  readonly code:
    TokenRefusalCode | Insufficiency['code'] | 'invalid_request' | 'missing_token' | 'unavailable';
  /** One sentence that says what to do. */
  readonly hint?: string;
}

/**
 * A refused request. Nest responds with its status and body. The guard sets the headers on the response
 * before it throws; an exception filter of the application can also read them here.
 */
export class BearerRefusal extends HttpException {
  private constructor(
    status: number,
    readonly body: RefusalBody,
    /** The value of `WWW-Authenticate`; `undefined` if other credentials would not help. */
    readonly challenge: string | undefined,
    /** The value of `Retry-After`, in seconds. */
    readonly retryAfterSeconds?: number,
  ) {
    super(body, status);
    this.message = body.error;
  }

  /** The response headers that the refusal needs. */
  get headers(): Readonly<Record<string, string>> {
    return {
      ...(this.challenge !== undefined && { 'WWW-Authenticate': this.challenge }),
      ...(this.retryAfterSeconds !== undefined && { 'Retry-After': String(this.retryAfterSeconds) }),
    };
  }

  /**
   * 401 for a request without credentials: the challenge has no `error` (RFC 6750 §3.1).
   *
   * @param scopes all that the operation requires; default: those of the space
   */
  static missingToken(space: ProtectedSpace, scopes: readonly string[] = []): BearerRefusal {
    const body: RefusalBody = { error: 'Missing bearer token', code: 'missing_token' };
    return new BearerRefusal(401, body, bearerChallenge(space, scopeOf(space, scopes)));
  }

  /** 400 for two Authorization headers: it is unknown which of them counts (RFC 6750 §3.1). */
  static repeatedAuthorization(space: ProtectedSpace): BearerRefusal {
    const error = 'Send one Authorization header';
    const challenge = bearerChallenge(space, { error: 'invalid_request', error_description: error });
    return new BearerRefusal(400, { error, code: 'invalid_request' }, challenge);
  }

  /**
   * 401 for an invalid token. The challenge contains fixed words only, and nothing from the request.
   *
   * @param scopes as for {@link missingToken}
   */
  static invalidToken(
    space: ProtectedSpace,
    { code, hint }: TokenRefusal,
    scopes: readonly string[] = [],
  ): BearerRefusal {
    const error = MESSAGES[code];
    const challenge = bearerChallenge(space, {
      error: 'invalid_token',
      error_description: error,
      ...scopeOf(space, scopes),
    });
    return new BearerRefusal(401, { error, code, hint }, challenge);
  }

  /** 403 for a token without the scopes or the claims that the operation requires. */
  static insufficient(space: ProtectedSpace, lacking: Insufficiency): BearerRefusal {
    const isScope = lacking.code === 'insufficient_scope';
    const error = isScope ? 'Insufficient scope' : 'Insufficient claims';
    const scope = isScope ? lacking.scopes.join(' ') : '';
    const needed = isScope ? `the scope ${scope}` : describeClaims(lacking.claims);
    // RFC 6750 §3.1 has one code for every lack of privileges.
    const challenge = bearerChallenge(space, {
      error: 'insufficient_scope',
      error_description: error,
      ...(isScope && { scope }),
    });
    return new BearerRefusal(
      403,
      { error, code: lacking.code, hint: `The token needs ${needed}.` },
      challenge,
    );
  }

  /** 503 if the token cannot be verified now. It has no challenge. */
  static unavailable({ code, hint, retryAfterSeconds }: Unavailable): BearerRefusal {
    const body: RefusalBody = { error: 'The token cannot be checked now', code, hint };
    return new BearerRefusal(503, body, undefined, retryAfterSeconds);
  }
}

/**
 * The `scope` of a 401 (RFC 6750 §3), for services that publish metadata: there clients read which scopes to
 * request (RFC 9728).
 */
function scopeOf(
  { resourceMetadata, scopes: ofSpace = [] }: ProtectedSpace,
  scopes: readonly string[],
): Pick<ChallengeParameters, 'scope'> {
  const all = scopes.length > 0 ? scopes : ofSpace;
  return resourceMetadata === undefined || all.length === 0 ? {} : { scope: all.join(' ') };
}
