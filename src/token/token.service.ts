import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { audiencesOf, REVOCATIONS_AUDIENCE } from '../jwt/claims.js';
import { type InspectedToken, inspectToken } from '../jwt/inspect-token.js';
import { verifyToken, type Expectations, type VerificationKey } from '../jwt/verify-token.js';
import { hasReservedScope } from '../jwt/scope.js';
import type { TokenType } from '../jwt/token-type.js';
import { QueueFull } from '../concurrency/semaphore.js';
import type { VerificationResult } from '../jwt/verification-result.js';
import { KeyRing } from '../keys/key-ring.js';
import type { SigningKey } from '../keys/signing-key.js';
import type { IssueOutcome, NotIssued } from './issue-outcome.js';
import { selfTest } from './nestjs-jwt/self-test.js';
import { type ServiceParts, TOKEN_OPTIONS, type TokenOptions } from './token-options.js';

/** The longest token that is issued, in bytes: longer ones do not fit the header limits of common servers. */
export const MAX_ISSUED_BYTES = 8 * 1024;

/** What a token is asked to say. */
export interface TokenRequest {
  readonly subject: string;
  /** Who may accept the token. A string stays a string in the token, an array stays an array. */
  readonly audience: string | readonly string[];
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string;
  /** Seconds; the configured lifetime, or that of the client, where left out. */
  readonly lifetimeSeconds?: number;
  /** Further claims; they never override the registered ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The client that asks, and that may have what it asks for; left out where anyone may ask. */
  readonly client?: RequestingClient;
  /** An access token of RFC 9068, which alone can be addressed to the service itself; else any JWT. */
  readonly type?: TokenType;
}

/** Whom a token is issued to. */
export interface RequestingClient {
  readonly id: string;
  /** The longest that its tokens may live, in seconds; null where the configured lifetime holds. */
  readonly tokenLifetimeSeconds: number | null;
  /** Ends the ids of its tokens: 12 hex digits; left out if they are random. */
  readonly tokenMark?: string | undefined;
}

/** The groups of a UUID (RFC 9562 §4) before the last one. */
const UUID_START_LENGTH = 24;

/** What a token is judged for. */
export interface VerifyRequest {
  /** Compact JWS, as it came. */
  readonly token: string;
  /** The audience that asks; any where left out. */
  readonly audience?: string;
  /** The only `typ` that is good; any where left out. */
  readonly type?: TokenType;
}

/** Issues tokens and judges them. Knows no HTTP and does no input or output. */
@Injectable()
export class TokenService {
  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions & ServiceParts,
    private readonly keys: KeyRing,
    private readonly jwt: JwtService,
  ) {}

  /**
   * Makes a signed token.
   *
   * @returns the token, or why none is issued: for the service's own audience, which would make administrators, for the
   *   audience of its lists of revocations, with a scope that this service grants to registered clients alone, with a
   *   lifetime over the limit, or too long
   */
  async issue(request: TokenRequest): Promise<IssueOutcome> {
    const audiences = audiencesOf(request.audience);
    const refusal = this.refusalOf(request, audiences);
    if (refusal) return refusal;
    const limit = Math.min(this.options.lifetimeSeconds, request.client?.tokenLifetimeSeconds ?? Infinity);
    const expiresIn = request.lifetimeSeconds ?? limit;
    if (expiresIn > limit) {
      return { code: 'invalid_request', reason: `expires_in must be at most ${limit} seconds` };
    }
    const purpose = this.keys.purposeFor(audiences);
    if (!purpose) return { code: 'invalid_target', reason: 'The audiences have no algorithm in common' };
    const key = this.keys.signing(purpose);
    if (!key) return { code: 'unavailable', reason: 'There is no key to sign the token with now' };
    return this.sign(key, request, expiresIn);
  }

  /** The service itself as an audience: its tokens open the administration, and are issued by `/oauth2/token` alone. */
  get ownAudience(): string {
    return this.options.issuer;
  }

  /** Judges a token for one audience; see {@link verifyToken} for the order of the checks. */
  verify({ token, audience, type }: VerifyRequest): VerificationResult {
    return verifyToken(token, this.keys, this.expectations(audience, type), this.options.clock.now());
  }

  /** Reads a token that is to be revoked, whatever today's settings say of it; see {@link inspectToken}. */
  inspect(token: string): InspectedToken | undefined {
    return inspectToken(token, this.keys);
  }

  /** @returns whether the key that signs now makes good signatures */
  async canSign(): Promise<boolean> {
    const purpose = this.keys.purposeFor([]);
    const key = purpose && this.keys.signing(purpose);
    try {
      return key !== undefined && (await selfTest(key, this.jwt));
    } catch (error) {
      // It does sign, for others.
      if (error instanceof QueueFull) return true;
      throw error;
    }
  }

  private refusalOf(
    { scope, client, type = 'JWT' }: TokenRequest,
    audiences: readonly string[],
  ): NotIssued | undefined {
    const isOwn = audiences.includes(this.options.issuer);
    if ((isOwn && (type === 'JWT' || audiences.length > 1)) || audiences.includes(REVOCATIONS_AUDIENCE)) {
      return { code: 'invalid_target', reason: 'Audience not allowed' };
    }
    return !client && scope !== undefined && hasReservedScope(scope)
      ? { code: 'invalid_scope', reason: 'Scope not allowed' }
      : undefined;
  }

  private async sign(key: SigningKey, request: TokenRequest, expiresIn: number): Promise<IssueOutcome> {
    const tokenId = makeTokenId(request.client?.tokenMark);
    try {
      const token = await key.sign(this.claimsOf(request, expiresIn, tokenId), request.type ?? 'JWT');
      return token.length > MAX_ISSUED_BYTES
        ? { code: 'invalid_request', reason: 'claims and aud together would make a token over 8 KiB' }
        : { code: 'issued', token, expiresIn, tokenId, algorithm: key.algorithm };
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      return { code: 'unavailable', reason: 'Too many tokens are being signed now; try again soon' };
    }
  }

  private claimsOf(request: TokenRequest, expiresIn: number, tokenId: string): object {
    const { subject, audience, scope, claims, client } = request;
    const iat = Math.floor(this.options.clock.now() / 1000);
    return {
      ...claims,
      iss: this.options.issuer,
      sub: subject,
      aud: audience,
      iat,
      exp: iat + expiresIn,
      jti: tokenId,
      ...(scope !== undefined && { scope }),
      ...(client && { client_id: client.id }),
      // Who acts for somebody else stands in the token (RFC 8693 §4.1).
      ...(client && client.id !== subject && { act: { sub: client.id } }),
    };
  }

  private expectations(audience: string | undefined, type: TokenType | undefined): Expectations {
    const { issuer, clockToleranceSeconds, showFingerprints, revocationCheck } = this.options;
    return {
      issuer,
      audience,
      toleranceSeconds: clockToleranceSeconds,
      allows: this.keys.allows,
      ...(type && { type }),
      ...(revocationCheck && { revoked: revocationCheck }),
      ...(showFingerprints && { describeKeys: describeByFingerprint }),
    };
  }
}

/** @returns a UUID of version 4; with a mark, 74 of its bits are random */
function makeTokenId(mark: string | undefined): string {
  const id = randomUUID();
  return mark === undefined ? id : id.slice(0, UUID_START_LENGTH) + mark;
}

function describeByFingerprint(keys: readonly (VerificationKey & { fingerprint?: string })[]): string {
  return ` (fingerprint ${keys.map((key) => key.fingerprint ?? key.id).join(', ')})`;
}
