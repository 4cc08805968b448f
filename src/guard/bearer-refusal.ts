import { HttpException } from '@nestjs/common';
import { REFUSAL_MESSAGES, type RefusedToken } from '../jwt/verification-result.js';
import { bearerChallenge } from './bearer-challenge.js';
import type { Unavailable } from './token-verifier.js';

/** The body of a refusal; `hint` says what to do. */
export interface RefusalBody {
  readonly error: string;
  readonly code:
    RefusedToken['code'] | 'invalid_request' | 'missing_token' | 'insufficient_scope' | 'unavailable';
  readonly hint?: string;
}

/**
 * A refused request. Nest responds with its status and body. The guard sets its challenge on the response
 * before it throws; an exception filter of the application finds it here too.
 */
export class BearerRefusal extends HttpException {
  /** @param challenge value of `WWW-Authenticate`; `undefined` if other credentials would not help */
  private constructor(
    status: number,
    readonly body: RefusalBody,
    readonly challenge: string | undefined,
  ) {
    super(body, status);
    this.message = body.error;
  }

  /** No credentials: the challenge carries no error (RFC 6750 §3.1). */
  static missingToken(realm: string): BearerRefusal {
    const body: RefusalBody = { error: 'Missing bearer token', code: 'missing_token' };
    return new BearerRefusal(401, body, bearerChallenge(realm));
  }

  /** Two Authorization headers: it is unknown which of them counts (RFC 6750 §3.1). */
  static repeatedAuthorization(realm: string): BearerRefusal {
    const error = 'Send one Authorization header';
    const challenge = bearerChallenge(realm, { error: 'invalid_request', error_description: error });
    return new BearerRefusal(400, { error, code: 'invalid_request' }, challenge);
  }

  /** An invalid token. The challenge contains fixed words only, nothing of the request. */
  static invalidToken(realm: string, { code, hint }: RefusedToken): BearerRefusal {
    const error = REFUSAL_MESSAGES[code];
    const challenge = bearerChallenge(realm, { error: 'invalid_token', error_description: error });
    return new BearerRefusal(401, { error, code, hint }, challenge);
  }

  /** @param scopes all that are required */
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

  static unavailable({ code, hint }: Unavailable): BearerRefusal {
    return new BearerRefusal(503, { error: 'The token cannot be checked now', code, hint }, undefined);
  }
}
