import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import type { Algorithm } from '../../src/jwt/algorithms.js';
import { VALID_CLAIMS } from './hand-made-token.js';
import { SECRET } from './settings.js';

export const SHARED_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const satisfies readonly Algorithm[];
export const PUBLIC_ALGORITHMS = [
  'RS256',
  'PS256',
  'ES256',
  'ES384',
  'EdDSA',
] as const satisfies readonly Algorithm[];

type Claims = Readonly<Record<string, unknown>>;

/** A key of the library jose, and the tokens that it signs. */
export class JoseKey {
  private constructor(
    readonly algorithm: Algorithm,
    /** As it is published; `{}` if it is a shared secret. */
    readonly jwk: JWK,
    private readonly key: CryptoKey | Uint8Array,
  ) {}

  static async make(algorithm: Algorithm, kid = 'key-1'): Promise<JoseKey> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: algorithm };
    return new JoseKey(algorithm, jwk, privateKey);
  }

  static shared(algorithm: Algorithm, secret = SECRET): JoseKey {
    return new JoseKey(algorithm, {}, Buffer.from(secret));
  }

  /** A valid token with these changes to its claims and header; a field that is `undefined` is omitted. */
  sign(claims: Claims = {}, header: Claims = {}): Promise<string> {
    const allHeader = { alg: this.algorithm, typ: 'JWT', kid: this.jwk.kid, ...header };
    return new SignJWT(withoutUndefined({ ...VALID_CLAIMS, ...claims }))
      .setProtectedHeader(withoutUndefined(allHeader) as JWTHeaderParameters)
      .sign(this.key);
  }
}

function withoutUndefined(members: Claims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
