import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../jwt/algorithms.js';
import type { TokenType } from '../jwt/token-type.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';
import { secretFingerprint } from '../jwt/secret-fingerprint.js';
import type { SigningKey } from './signing-key.js';

/**
 * A secret that this service shares with those that verify, for one HMAC algorithm. The `KeyObject` is made once:
 * given a string, `jsonwebtoken` parses it anew at each call, which costs fifty times the signature.
 */
export class SharedKey extends KeyObjectVerificationKey implements SigningKey {
  /** What `/debug-env` shows of this secret, so that the owners of two copies can compare them. */
  readonly fingerprint: string;
  private readonly signers: Readonly<Record<TokenType, JwtService>>;

  constructor(secret: string, algorithm: Algorithm) {
    const key: KeyObject = createSecretKey(secret, 'utf8');
    super(sharedKeyId(secret, algorithm), algorithm, key);
    this.fingerprint = secretFingerprint(secret);
    const signer = (typ: TokenType): JwtService =>
      new JwtService({ secret: key, signOptions: { header: { alg: algorithm, typ, kid: this.id } } });
    this.signers = { JWT: signer('JWT'), 'at+jwt': signer('at+jwt') };
  }

  sign(claims: object, type: TokenType = 'JWT'): string {
    // As bytes: given an object, the library looks each claim up by name in a table of its own, and breaks on the names
    // that every object has, such as `constructor`.
    return this.signers[type].sign(Buffer.from(JSON.stringify(claims)));
  }
}

/** A key id that tells nothing of the secret, other than whether two services name the same one. */
function sharedKeyId(secret: string, algorithm: Algorithm): string {
  const mac = createHmac('sha256', secret).update(`identity-backend/kid/v1/${algorithm}`);
  return mac.digest('base64url').slice(0, 16);
}
