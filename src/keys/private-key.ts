import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, ALGORITHMS, LEAST_RSA_BITS } from '../jwt/algorithms.js';
import { readPublicKey } from '../jwt/public-key.js';
import { signByPrivateKey, signByPrivateKeySync } from '../jwt/signature.js';
import type { TokenType } from '../jwt/compact-jws.js';
import { thumbprint } from '../jwt/thumbprint.js';
import { KeyObjectVerificationKey } from '../jwt/verification-key.js';
import { type KeyEncryption, KeyEncryptionError } from './key-encryption.js';
import type { KeyMaterial, PublicJwk } from './key-store.js';
import { type SigningInput, signingInputs, type SigningKey } from './signing-key.js';

/** An asymmetric key that signs for one algorithm. */
export class PrivateKey extends KeyObjectVerificationKey implements SigningKey {
  private readonly input: SigningInput;

  constructor(
    readonly jwk: PublicJwk,
    private readonly privateKey: KeyObject,
  ) {
    super(jwk.kid, jwk.alg, createPublicKey(privateKey));
    this.input = signingInputs(jwk.alg, jwk.kid);
  }

  sign(claims: object, type: TokenType = 'JWT'): string | Promise<string> {
    const input = this.input(claims, type);
    const signature = signByPrivateKey(input, this.algorithm, this.privateKey);
    return typeof signature === 'string'
      ? `${input}.${signature}`
      : signature.then((made) => `${input}.${made}`);
  }

  signSync(claims: object, type: TokenType = 'JWT'): string {
    const input = this.input(claims, type);
    return `${input}.${signByPrivateKeySync(input, this.algorithm, this.privateKey)}`;
  }
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject }>;

/**
 * Generates a key for an asymmetric algorithm. An RSA key takes about a second, on a thread of Node's pool.
 */
export async function makeKey(algorithm: Algorithm, encryption: KeyEncryption): Promise<KeyMaterial> {
  const { keyPair } = ALGORITHMS[algorithm];
  if (!keyPair) throw new RangeError(`${algorithm} has no key pair`);
  const { privateKey } = await generate(keyPair.type, {
    namedCurve: keyPair.curve,
    modulusLength: LEAST_RSA_BITS,
  });
  const jwk = publicJwk(privateKey, algorithm);
  const bytes = privateKey.export({ type: 'pkcs8', format: 'der' });
  return { jwk, sealed: encryption.seal(bytes, jwk.kid) };
}

/**
 * Decrypts a stored key.
 *
 * @throws {KeyEncryptionError} if the key does not decrypt, or is not the one published under its ID, a
 *   thumbprint
 */
export function openKey({ jwk, sealed }: KeyMaterial, encryption: KeyEncryption): PrivateKey {
  const key = createPrivateKey({ key: encryption.open(sealed, jwk.kid), format: 'der', type: 'pkcs8' });
  const opened = publicJwk(key, jwk.alg);
  const read = readPublicKey(opened);
  if (opened.kid !== jwk.kid || typeof read === 'string' || !read.algorithms.includes(jwk.alg)) {
    throw new KeyEncryptionError(
      `A private key in the database is not one of ${jwk.alg} by its published id`,
    );
  }
  return new PrivateKey(opened, key);
}

/**
 * The public part as it is published. Its key ID is its thumbprint (RFC 7638), even if an imported JWK names
 * another.
 */
export function publicJwk(privateKey: KeyObject, alg: Algorithm): PublicJwk {
  const parameters = createPublicKey(privateKey).export({ format: 'jwk' });
  return { ...parameters, kty: String(parameters.kty), kid: thumbprint(parameters), alg, use: 'sig' };
}
