import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../jwt/algorithms.js';
import type { VerificationKey } from '../jwt/judge-token.js';
import { secretFingerprint } from './secret-fingerprint.js';

/**
 * A secret that this service shares with those that verify, for one HMAC algorithm. The `KeyObject` is made once:
 * given a string, `jsonwebtoken` parses it anew at each call, which costs fifty times the signature.
 */
export class SharedKey implements VerificationKey {
  readonly id: string;
  /** What `/debug-env` shows of this secret, so that the owners of two copies can compare them. */
  readonly fingerprint: string;
  private readonly jwt: JwtService;

  constructor(
    secret: string,
    readonly algorithm: Algorithm,
  ) {
    this.id = sharedKeyId(secret, algorithm);
    this.fingerprint = secretFingerprint(secret);
    const key: KeyObject = createSecretKey(secret, 'utf8');
    this.jwt = new JwtService({
      secret: key,
      signOptions: { header: { alg: algorithm, typ: 'JWT', kid: this.id } },
      // The times are judged by judgeToken, in the contract's order and with its words.
      verifyOptions: { algorithms: [algorithm as 'HS256'], ignoreExpiration: true, ignoreNotBefore: true },
    });
  }

  /** @returns the claims as a compact JWS with `alg`, `typ: JWT` and `kid` in its header */
  sign(claims: object): string {
    // As bytes: given an object, the library looks each claim up by name in a table of its own, and breaks on the names
    // that every object has, such as `constructor`.
    return this.jwt.sign(Buffer.from(JSON.stringify(claims)));
  }

  verifies(token: string): boolean {
    try {
      this.jwt.verify(token);
      return true;
    } catch {
      return false;
    }
  }
}

/** A key id that tells nothing of the secret, other than whether two services name the same one. */
function sharedKeyId(secret: string, algorithm: Algorithm): string {
  const mac = createHmac('sha256', secret).update(`identity-backend/kid/v1/${algorithm}`);
  return mac.digest('base64url').slice(0, 16);
}
