import { HttpException } from '@nestjs/common';
import { REFUSAL_MESSAGES, type RefusedToken } from '../jwt/verification-result.js';
import { bearerChallenge } from './bearer-challenge.js';
import type { Unavailable } from './token-verifier.js';

/** The JSON body of a refusal. */
export interface RefusalBody {
  /** A message for people, the same for every refusal with this code. */
  readonly error: string;
  /** For programs. */
  readonly code:
    RefusedToken['code'] | 'invalid_request' | 'missing_token' | 'insufficient_scope' | 'unavailable';
  /** One sentence that says what to do. */
  readonly hint?: string;
}

/**
 * A refused request. Nest responds with its status and body. The guard sets the challenge on the response
 * before it throws; an exception filter of the application can also read it here.
 */
export class BearerRefusal extends HttpException {
  /** @param challenge the value of `WWW-Authenticate`; `undefined` if other credentials would not help */
  private constructor(
    status: number,
    readonly body: RefusalBody,
    readonly challenge: string | undefined,
  ) {
    super(body, status);
    this.message = body.error;
  }

  /**
   * 401 for a request without credentials: the challenge has no `error` (RFC 6750 §3.1).
   *
   * @param realm names the protected space (RFC 9110 §11.5)
   */
  static missingToken(realm: string): BearerRefusal {
    const body: RefusalBody = { error: 'Missing bearer token', code: 'missing_token' };
    return new BearerRefusal(401, body, bearerChallenge(realm));
  }

  /**
   * 400 for two Authorization headers: it is unknown which of them counts (RFC 6750 §3.1).
   *
   * @param realm names the protected space (RFC 9110 §11.5)
   */
  static repeatedAuthorization(realm: string): BearerRefusal {
    const error = 'Send one Authorization header';
    const challenge = bearerChallenge(realm, { error: 'invalid_request', error_description: error });
    return new BearerRefusal(400, { error, code: 'invalid_request' }, challenge);
  }

  /**
   * 401 for an invalid token. The challenge contains fixed words only, and nothing from the request.
   *
   * @param realm names the protected space (RFC 9110 §11.5)
   */
  static invalidToken(realm: string, { code, hint }: RefusedToken): BearerRefusal {
    const error = REFUSAL_MESSAGES[code];
    const challenge = bearerChallenge(realm, { error: 'invalid_token', error_description: error });
    return new BearerRefusal(401, { error, code, hint }, challenge);
  }

  /**
   * 403 for a token without the scopes that the route requires.
   *
   * @param realm names the protected space (RFC 9110 §11.5)
   * @param scopes all that the route requires, not only the missing ones
   */
  static insufficientScope(realm: string, scopes: readonly string[]): BearerRefusal {
    const error = 'Insufficient scope';
    const scope = scopes.join(' ');
    const body: RefusalBody = {
      error,
      code: 'insufficient_scope',
      hint: `The token needs the scope ${scope}.`,
    };
    const challenge = bearerChallenge(realm, {
      error: 'insufficient_scope',
      error_description: error,
      scope,
    });
    return new BearerRefusal(403, body, challenge);
  }

  /** 503 if the token cannot be verified now. It has no challenge. */
  static unavailable({ code, hint }: Unavailable): BearerRefusal {
    return new BearerRefusal(503, { error: 'The token cannot be checked now', code, hint }, undefined);
  }
}
