import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/client.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import { audiencesOf, type Claims } from '../jwt/claims.js';
import type { InspectedToken } from '../jwt/inspect-token.js';
import { MAX_LIFETIME_SECONDS, MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';
import { MemoryWindowCounter } from '../rate-limit/memory-window-counter.js';
import { Revocations } from '../revocation/revocations.js';
import { TokenService } from '../token/token.service.js';
import { OAuthError } from './oauth-error.js';
import { mayRevoke } from './presented-token.js';

/** How far ahead a token of this service can expire, by the clock of any instance, in seconds. */
const MAX_REACH_SECONDS = MAX_LIFETIME_SECONDS + MAX_TOLERANCE_SECONDS;

/** The window in which tokens that no key verifies are counted. */
const UNVERIFIED_WINDOW_MS = 60 * 60 * 1000;

/**
 * How many tokens that no current key verifies a client may have recorded within the window. It can make any
 * number of them itself, and each is remembered until its `exp`.
 */
const MAX_UNVERIFIED = 10_000;

/**
 * Decides how to respond to a revocation request (RFC 7009 §2.2). 200 promises that the token is refused from
 * now on. Settings change with a restart and clients are enabled again, so a token is recorded even if it is
 * refused at present: an issuer, an algorithm, a secret or a tolerance that was removed may be set again.
 * Therefore:
 *
 * - A token that no settings can make valid gets 200 and is not recorded: it is malformed, forged, without an
 *   audience, or expired by more than the largest tolerance.
 * - A token that the client may revoke is recorded, even if the current settings refuse it or no current key
 *   verifies it. A client can put its own ID into a token that no one signed, but revokes only its own tokens
 *   that way, and the number of such tokens is limited.
 * - A token that cannot be recorded is refused: it has no `jti`, or expires later than any token of this
 *   service.
 * - A token of another client is refused (RFC 7009 §2.1), unless no key verifies it, or it is expired or
 *   revoked.
 */
@Injectable()
export class RevocableTokens {
  /** Counts, by client, the tokens that are recorded although no key verifies them. */
  private readonly unverified: MemoryWindowCounter;

  constructor(
    private readonly tokens: TokenService,
    private readonly revocations: Revocations,
    private readonly clients: ClientRegistry,
    private readonly clock: Clock,
  ) {
    this.unverified = new MemoryWindowCounter(UNVERIFIED_WINDOW_MS, clock);
  }

  /**
   * @returns the claims of the token to record; `undefined` if there is nothing to record
   * @throws {OAuthError} if 200 would promise too much
   */
  find(token: string, client: Client): Claims | undefined {
    const examined = this.tokens.inspect(token);
    if (!examined || this.canNeverBeValid(examined)) return undefined;
    const { claims, isVerified } = examined;
    if (!isVerified) {
      if (claims.jti === undefined || !mayRevoke(client, claims)) return undefined;
      this.refuseTooFarAhead(claims);
      this.countUnverified(client);
      return claims;
    }
    if (!mayRevoke(client, claims)) {
      this.refuseUnlessInvalid(token, claims);
      return undefined;
    }
    if (claims.jti === undefined) {
      throw new OAuthError('invalid_request', 'The token has no jti, so it cannot be revoked');
    }
    this.refuseTooFarAhead(claims);
    return claims;
  }

  private countUnverified({ id }: Client): void {
    const { count, until } = this.unverified.add(id);
    if (count <= MAX_UNVERIFIED) return;
    const seconds = String(Math.max(1, Math.ceil((until - this.clock.now()) / 1000)));
    throw new OAuthError('too_many_requests', `No key verifies the token; try again in ${seconds} seconds`, {
      headers: { 'retry-after': seconds },
    });
  }

  private canNeverBeValid({ claims: { exp, aud } }: InspectedToken): boolean {
    return exp + MAX_TOLERANCE_SECONDS <= this.nowSeconds || audiencesOf(aud).length === 0;
  }

  /** Applies also if no current key verifies the token: its key may be configured again. */
  private refuseTooFarAhead({ exp }: Claims): void {
    if (exp <= this.nowSeconds + MAX_REACH_SECONDS) return;
    throw new OAuthError(
      'unsupported_token_type',
      'The token expires more than 24 hours ahead, so it cannot be revoked',
    );
  }

  private refuseUnlessInvalid(token: string, claims: Claims): void {
    if (this.revocations.isRevokedUntilExpiry(claims)) return;
    const { code } = this.tokens.verify({ token });
    if (code === 'token_expired' || (code === 'token_revoked' && this.isClientDeleted(claims))) return;
    throw new OAuthError('unauthorized_client', 'The token was not issued to this client');
  }

  /**
   * Whether the client of a revoked token was deleted. A client that is registered later under the same ID
   * does not own the token; a disabled one may be enabled again.
   */
  private isClientDeleted({ client_id: clientId, iat }: Claims): boolean {
    const client = typeof clientId === 'string' ? this.clients.find(clientId) : undefined;
    return iat !== undefined && !client?.disabled;
  }

  private get nowSeconds(): number {
    return this.clock.now() / 1000;
  }
}
