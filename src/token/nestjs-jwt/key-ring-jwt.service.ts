import { createSecretKey, KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  JsonWebTokenError,
  JwtService,
  type JwtSignOptions,
  type JwtVerifyOptions,
  NotBeforeError,
} from '@nestjs/jwt';
import { isAlgorithm } from '../../jwt/algorithms.js';
import { audiencesOf, type Claims } from '../../jwt/claims.js';
import { parseCompactJws } from '../../jwt/compact-jws.js';
import { checkSignature } from '../../jwt/verify-token.js';
import { KeyRing } from '../../keys/key-ring.js';
import type { SigningKey } from '../../keys/signing-key.js';
import { type ServiceParts, TOKEN_OPTIONS, type TokenOptions } from '../token-options.js';
import { claimsToSign, refused } from './claims-to-sign.js';

type Payload = string | Buffer | object;

/**
 * The `JwtService` of `@nestjs/jwt`, bound to the key ring of a `TokenModule`: that module chooses the key,
 * `kid`, issuer and longest lifetime, and a token is verified as strictly as by `TokenService`.
 *
 * The library itself applies the options, to drafts: tokens with the same claims, signed with a key that no
 * one else knows. So messages and error classes are the library's, whatever the algorithm. A call whose
 * options name a key (`secret`, `privateKey`, `publicKey`) is left to the library altogether: ignoring that
 * key would turn a refresh token into an access token. If the named key is empty, such as
 * `secret: undefined`, the call fails, because the library would do without a key if `none` is among the
 * algorithms.
 */
@Injectable()
export class KeyRingJwtService extends JwtService {
  private readonly drafts = new JwtService({ secret: createSecretKey(randomBytes(32)) });

  constructor(
    @Inject(TOKEN_OPTIONS) private readonly settings: TokenOptions & ServiceParts,
    private readonly keys: KeyRing,
  ) {
    super();
  }

  /**
   * Signs on this thread, even with RSA, which blocks the process for 0.2 to 1 ms with 2048 bits and 4 ms
   * with 4096. {@link signAsync} makes an RSA signature on another thread.
   *
   * @throws {Error} naming the option or claim that is refused
   */
  override sign(payload: Payload, options?: JwtSignOptions): string {
    if (namesKey(options)) return this.signWithNamedKey(payload, options);
    const { claims, key } = this.prepare(payload, options);
    return wellFormed(key.signSync(claims));
  }

  /** As {@link sign}, but rejects. */
  override async signAsync(payload: Payload, options?: JwtSignOptions): Promise<string> {
    // Not super.signAsync: it never settles if jsonwebtoken throws instead of calling back, as for
    // `header: { alg: 5 }`.
    if (namesKey(options)) return this.signWithNamedKey(payload, options);
    const { claims, key } = this.prepare(payload, options);
    return wellFormed(await key.sign(claims));
  }

  /**
   * Verifies form, signature, times, issuer and revocation, and applies the options. Without the option
   * `audience`, a token needs no audience.
   *
   * @throws {JsonWebTokenError} or its subclasses `TokenExpiredError` and `NotBeforeError`, as the library
   *   does
   */
  override verify<T extends object>(token: string, given?: JwtVerifyOptions): T {
    if (namesKey(given)) {
      requireVerificationKey(given);
      return super.verify<T>(token, given);
    }
    const options = given ?? {};
    this.verifySignature(token, options);
    const now = options.clockTimestamp || this.settings.clock.now() / 1000;
    const clockTolerance = options.clockTolerance ?? this.settings.clockToleranceSeconds;
    const [, part = ''] = token.split('.');
    const claims = this.drafts.verify<T & Claims>(this.drafts.sign(Buffer.from(part, 'base64url')), {
      ...options,
      algorithms: ['HS256'],
      clockTimestamp: now,
      clockTolerance,
      complete: false,
    });
    this.checkClaims(claims, now + clockTolerance);
    return options.complete ? super.decode<T>(token, { complete: true as boolean }) : claims;
  }

  /** As {@link verify}, but rejects. */
  override async verifyAsync<T extends object>(token: string, options?: JwtVerifyOptions): Promise<T> {
    if (!namesKey(options)) return this.verify<T>(token, options);
    requireVerificationKey(options);
    return super.verifyAsync<T>(token, options);
  }

  private signWithNamedKey(payload: Payload, options: JwtSignOptions | undefined): string {
    if (isEmptyKey(options?.secret || options?.privateKey)) {
      throw new Error('secretOrPrivateKey must have a value');
    }
    return super.sign(payload as object, options);
  }

  private prepare(
    payload: Payload,
    given: JwtSignOptions | undefined,
  ): { readonly claims: object; readonly key: SigningKey } {
    // JavaScript callers may pass `null`, which the library accepts.
    const options = given ?? {};
    const now = Math.floor(this.settings.clock.now() / 1000);
    const claims = claimsToSign(payload, options, { ...this.settings, drafts: this.drafts, now });
    const purpose = this.keys.purposeFor(audiencesOf(claims.aud));
    if (!purpose) throw refused('audience', 'names audiences that have no algorithm in common');
    const key = this.keys.signing(purpose);
    if (!key) throw new Error('No key can sign the token now');
    if (options.mutatePayload) Object.assign(payload, claims);
    return { claims, key };
  }

  private verifySignature(token: string, { algorithms, ...options }: JwtVerifyOptions): void {
    const isSigned = typeof token === 'string' && !token.endsWith('.');
    const jws = isSigned ? parseCompactJws(token) : 'The token is not a string with a signature';
    if (typeof jws === 'string') throw this.malformed(token, options, jws);
    const { keys } = this.keys.candidates(jws.algorithm, undefined);
    const accepted: readonly string[] | undefined = algorithms;
    if (keys.length === 0 || accepted?.includes(jws.algorithm) === false) {
      throw new JsonWebTokenError('invalid algorithm');
    }
    const refusal = checkSignature(jws, this.keys, this.keys);
    if (refusal) throw new JsonWebTokenError('invalid signature', new Error(refusal.hint));
  }

  /** @returns the library's error for a malformed token; one of ours if the library would accept its form */
  private malformed(token: string, options: JwtVerifyOptions, reason: string): JsonWebTokenError {
    try {
      const decoded = this.drafts.decode(token, { complete: true });
      if (!decoded?.signature || !isAlgorithm(decoded.header.alg)) this.drafts.verify(token, options);
    } catch (error) {
      if (error instanceof JsonWebTokenError) return error;
    }
    return new JsonWebTokenError('invalid token', new Error(reason));
  }

  /** Checks the claims that the library does not check. */
  private checkClaims(claims: Claims, latestSeconds: number): void {
    const { iat = latestSeconds, iss } = claims;
    if (iat > latestSeconds) throw new NotBeforeError('jwt not active', new Date(iat * 1000));
    const { issuer } = this.settings;
    if (iss !== issuer) throw new JsonWebTokenError(`jwt issuer invalid. expected: ${issuer}`);
    const hint = this.settings.revocationCheck?.(claims);
    if (hint !== undefined) throw new JsonWebTokenError('jwt revoked', new Error(hint));
  }
}

/**
 * Options that name a key. The last two are options of `JwtModule`, which the library would ignore in a call.
 */
const KEY_NAMES = ['secret', 'privateKey', 'publicKey', 'secretOrPrivateKey', 'secretOrKeyProvider'];

function namesKey(options: object | undefined): boolean {
  return typeof options === 'object' && KEY_NAMES.some((name) => name in (options ?? {}));
}

/** @throws {JsonWebTokenError} with the words of the library */
function requireVerificationKey(options: JwtVerifyOptions | undefined): void {
  if (isEmptyKey(options?.secret || options?.publicKey)) {
    throw new JsonWebTokenError('secret or public key must be provided');
  }
}

function isEmptyKey(key: unknown): boolean {
  if (key instanceof KeyObject) return key.symmetricKeySize === 0;
  return ArrayBuffer.isView(key) ? key.byteLength === 0 : !key;
}

/** @throws {Error} if `verify` would not accept the form of the token */
function wellFormed(token: string): string {
  const jws = parseCompactJws(token);
  if (typeof jws === 'string') throw new Error(jws);
  return token;
}
