import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { sameAudience } from '../jwt/audience.js';
import { audiencesOf, REVOCATIONS_AUDIENCE } from '../jwt/claims.js';
import { type InspectedToken, inspectToken } from '../jwt/inspect-token.js';
import { verifyToken, type Expectations, type VerificationKey } from '../jwt/verify-token.js';
import { hasReservedScope } from '../jwt/scope.js';
import type { TokenType } from '../jwt/compact-jws.js';
import { QueueFull } from '../concurrency/semaphore.js';
import type { VerificationResult } from '../jwt/verification-result.js';
import { KeyRing } from '../keys/key-ring.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { IssueOutcome, NotIssued } from './issue-outcome.js';
import { selfTest } from './nestjs-jwt/self-test.js';
import { type ServiceParts, TOKEN_OPTIONS, type TokenOptions } from './token-options.js';
import { faultOf, type TokenRequest } from './token-request.js';

/** The longest token that is issued, in bytes: longer ones exceed the header limits of common servers. */
export const MAX_ISSUED_BYTES = 8 * 1024;

/** The length of a UUID (RFC 9562 §4) up to its last group. */
const UUID_START_LENGTH = 24;

/** A request to verify a token. */
export interface VerifyRequest {
  /** A compact JWS, as received. */
  readonly token: string;
  /** The audience of the verifier: one value of `aud`. Default: any audience. */
  readonly audience?: string;
  /** The only accepted `typ`. Default: either type, or no `typ`. */
  readonly type?: TokenType;
}

/** Issues and verifies tokens in memory: knows no HTTP and does no input or output. */
@Injectable()
export class TokenService {
  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions & ServiceParts,
    private readonly keys: KeyRing,
    private readonly jwt: JwtService,
  ) {}

  /**
   * Issues a signed token.
   *
   * @param request the subject, the audience and the other contents of the token
   * @returns the token, or why none is issued: a value has the wrong type, the claims contain a reserved
   *   name, the audience is reserved for the service itself, the scope is reserved for registered clients,
   *   the lifetime is over the limit, the audiences have no algorithm in common, the token would be too long,
   *   or no key can sign it now. Does not throw for any of these
   */
  async issue(request: TokenRequest): Promise<IssueOutcome> {
    const fault = faultOf(request);
    if (fault !== undefined) return { code: 'invalid_request', reason: fault };
    const audiences = audiencesOf(request.audience);
    const refusal = this.refusalOf(request, audiences);
    if (refusal) return refusal;
    const iat = Math.floor(this.options.clock.now() / 1000);
    const limit = Math.min(
      this.options.lifetimeSeconds,
      request.client?.tokenLifetimeSeconds ?? Infinity,
      (request.expiresBy ?? Infinity) - iat,
    );
    if (limit < 1) return { code: 'invalid_request', reason: 'expiresBy is in the past' };
    const expiresIn = request.lifetimeSeconds ?? limit;
    if (expiresIn > limit) {
      return { code: 'invalid_request', reason: `expires_in must be at most ${limit} seconds` };
    }
    const purpose = this.keys.purposeFor(audiences);
    if (!purpose) return { code: 'invalid_target', reason: 'The audiences have no algorithm in common' };
    const key = this.keys.signing(purpose);
    if (!key) return { code: 'unavailable', reason: 'No key can sign the token now' };
    return this.sign(key, request, iat, expiresIn);
  }

  /**
   * The audience that is the service itself. Only `/oauth2/token` issues tokens for it, which open the routes
   * under `/admin`.
   */
  get ownAudience(): string {
    return this.options.issuer;
  }

  /**
   * Verifies a token for an audience: form and signature, then times, issuer, audience and revocation.
   *
   * @returns the claims, or why the token is not valid. Does not throw for an invalid token
   */
  verify({ token, audience, type }: VerifyRequest): VerificationResult {
    return verifyToken(token, this.keys, this.expectations(audience, type), this.options.clock.now());
  }

  /**
   * Reads a token that is to be revoked, even if the current settings do not accept it; see
   * {@link inspectToken}.
   *
   * @param token a compact JWS, as received
   * @returns `undefined` if the token is malformed, or names a current key that did not sign it
   */
  inspect(token: string): InspectedToken | undefined {
    return inspectToken(token, this.keys);
  }

  /** @returns whether the current signing key makes valid signatures */
  async canSign(): Promise<boolean> {
    const purpose = this.keys.purposeFor([]);
    const key = purpose && this.keys.signing(purpose);
    try {
      return key !== undefined && (await selfTest(key, this.jwt));
    } catch (error) {
      // The key does sign, for other requests.
      if (error instanceof QueueFull) return true;
      throw error;
    }
  }

  private refusalOf(
    { scope, client, type = 'JWT' }: TokenRequest,
    audiences: readonly string[],
  ): NotIssued | undefined {
    const isOwn = audiences.some((audience) => sameAudience(audience, this.options.issuer));
    if ((isOwn && (type === 'JWT' || audiences.length > 1)) || audiences.includes(REVOCATIONS_AUDIENCE)) {
      return { code: 'invalid_target', reason: 'Audience not allowed' };
    }
    return !client && scope !== undefined && hasReservedScope(scope)
      ? { code: 'invalid_scope', reason: 'Scope not allowed' }
      : undefined;
  }

  private async sign(
    key: SigningKey,
    request: TokenRequest,
    iat: number,
    expiresIn: number,
  ): Promise<IssueOutcome> {
    const tokenId = makeTokenId(request.client?.tokenMark);
    try {
      const token = await key.sign(
        this.claimsOf(request, { iat, exp: iat + expiresIn }, tokenId),
        request.type ?? 'JWT',
      );
      return token.length > MAX_ISSUED_BYTES
        ? { code: 'invalid_request', reason: 'claims and aud together would make a token over 8 KiB' }
        : { code: 'issued', token, expiresIn, tokenId, algorithm: key.algorithm };
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      return { code: 'unavailable', reason: 'Too many tokens are being signed now; try again soon' };
    }
  }

  private claimsOf(
    request: TokenRequest,
    { iat, exp }: { readonly iat: number; readonly exp: number },
    tokenId: string,
  ): object {
    const { subject, audience, scope, claims, client } = request;
    const actor = actorOf(request);
    return {
      ...claims,
      iss: this.options.issuer,
      sub: subject,
      aud: audience,
      iat,
      exp,
      jti: tokenId,
      ...(scope !== undefined && { scope }),
      ...(client && { client_id: client.id }),
      ...(actor && { act: actor }),
    };
  }

  private expectations(audience: string | undefined, type: TokenType | undefined): Expectations {
    const { issuer, clockToleranceSeconds, showFingerprints, revocationCheck } = this.options;
    return {
      issuer,
      audience,
      toleranceSeconds: clockToleranceSeconds,
      allows: this.keys.allows,
      ...(type && { types: [type] }),
      ...(revocationCheck && { revoked: revocationCheck }),
      ...(showFingerprints && { describeKeys: describeByFingerprint }),
    };
  }
}

/** By default, a token about another subject names the client as the actor (RFC 8693 §4.1). */
function actorOf({ actor, client, subject }: TokenRequest): TokenRequest['actor'] {
  if (actor !== undefined) return actor;
  return client && client.id !== subject ? { sub: client.id } : null;
}

/**
 * @param mark the last group, 12 hex digits; random if omitted
 * @returns a UUID of version 4; with a mark, 74 of its bits are random
 */
function makeTokenId(mark: string | undefined): string {
  const id = randomUUID();
  return mark === undefined ? id : id.slice(0, UUID_START_LENGTH) + mark;
}

function describeByFingerprint(keys: readonly (VerificationKey & { fingerprint?: string })[]): string {
  return ` (fingerprint ${keys.map((key) => key.fingerprint ?? key.id).join(', ')})`;
}
