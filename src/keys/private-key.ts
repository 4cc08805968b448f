import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { Algorithm } from '../jwt/algorithms.js';
import { signByPrivateKey } from '../jwt/signature.js';
import type { TokenType } from '../jwt/token-type.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';
import type { KeyEncryption } from './key-encryption.js';
import type { PublicJwk, StoredKey } from './key-store.js';
import type { SigningKey } from './signing-key.js';

/** An asymmetric key that signs for one algorithm. */
export class PrivateKey extends KeyObjectVerificationKey implements SigningKey {
  private readonly headers: Readonly<Record<TokenType, string>>;

  constructor(
    readonly jwk: PublicJwk,
    private readonly privateKey: KeyObject,
  ) {
    super(jwk.kid, jwk.alg, createPublicKey(privateKey));
    const header = (typ: TokenType): string =>
      Buffer.from(JSON.stringify({ alg: jwk.alg, typ, kid: jwk.kid })).toString('base64url');
    this.headers = { JWT: header('JWT'), 'at+jwt': header('at+jwt') };
  }

  sign(claims: object, type: TokenType = 'JWT'): string | Promise<string> {
    const input = `${this.headers[type]}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    const signature = signByPrivateKey(input, this.algorithm, this.privateKey);
    return typeof signature === 'string'
      ? `${input}.${signature}`
      : signature.then((made) => `${input}.${made}`);
  }
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/** Makes an ES256 key. */
export async function makeKey(encryption: KeyEncryption, now: number): Promise<StoredKey> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' });
  const jwk = await publicJwk(publicKey, 'ES256');
  const bytes = privateKey.export({ type: 'pkcs8', format: 'der' });
  return { jwk, sealed: encryption.seal(bytes, jwk.kid), createdAt: now };
}

/** @throws {KeyEncryptionError} */
export function openKey({ jwk, sealed }: StoredKey, encryption: KeyEncryption): PrivateKey {
  const { plaintext } = encryption.open(sealed, jwk.kid);
  return new PrivateKey(jwk, createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }));
}

/** The public part as it is published, with its thumbprint for a key id (RFC 7638). */
async function publicJwk(key: KeyObject, alg: Algorithm): Promise<PublicJwk> {
  const members = key.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(members);
  return { ...members, kty: String(members.kty), kid, alg, use: 'sig' };
}
