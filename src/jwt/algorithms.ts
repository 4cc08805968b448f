/** A signing algorithm of RFC 7518 §3.1 or RFC 8037 that this service supports. */
export type Algorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA';

/** The properties of an algorithm; everything that depends on the algorithm reads this table. */
export interface AlgorithmFacts {
  /** Whether signer and verifier hold the same secret. */
  readonly shared: boolean;
  /** Minimum length of a shared secret in bytes: that of the hash (RFC 7518 §3.2). 0 for a key pair. */
  readonly leastSecretBytes: number;
  /** Length of a signature in bytes. For RSA, the minimum: a signature is as long as the modulus. */
  readonly leastSignatureBytes: number;
  /** The type of key pair, as `node:crypto` calls it; absent for a shared secret. */
  readonly keyPair?: KeyPairKind;
}

/** A type of key pair, as `node:crypto` calls it. */
export interface KeyPairKind {
  readonly type: 'rsa' | 'ec' | 'ed25519';
  readonly curve?: string;
  /** The same type in JWK parameters (RFC 7518 §6, RFC 8037 §2). */
  readonly jwk: { readonly kty: string; readonly crv?: string };
}

/** The minimum size of an RSA key, generated or accepted, in bits (RFC 7518 §3.3). */
export const LEAST_RSA_BITS = 2048;

const shared = (hashBytes: number): AlgorithmFacts => ({
  shared: true,
  leastSecretBytes: hashBytes,
  leastSignatureBytes: hashBytes,
});
const asymmetric = (leastSignatureBytes: number, keyPair: KeyPairKind): AlgorithmFacts => ({
  shared: false,
  leastSecretBytes: 0,
  leastSignatureBytes,
  keyPair,
});

/** Every algorithm that a token may name. `none` is not among them, in any spelling (RFC 8725 §3.2). */
export const ALGORITHMS: Readonly<Record<Algorithm, AlgorithmFacts>> = {
  HS256: shared(32),
  HS384: shared(48),
  HS512: shared(64),
  RS256: asymmetric(LEAST_RSA_BITS / 8, { type: 'rsa', jwk: { kty: 'RSA' } }),
  PS256: asymmetric(LEAST_RSA_BITS / 8, { type: 'rsa', jwk: { kty: 'RSA' } }),
  ES256: asymmetric(64, { type: 'ec', curve: 'prime256v1', jwk: { kty: 'EC', crv: 'P-256' } }),
  ES384: asymmetric(96, { type: 'ec', curve: 'secp384r1', jwk: { kty: 'EC', crv: 'P-384' } }),
  EdDSA: asymmetric(64, { type: 'ed25519', jwk: { kty: 'OKP', crv: 'Ed25519' } }),
};

/** Whether this is the exact name of a supported algorithm. */
export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}

/** RFC 8037 calls it EdDSA; RFC 9864 uses the name of the curve. */
const ALIASES: ReadonlyMap<unknown, Algorithm> = new Map([['Ed25519', 'EdDSA']]);

/** The algorithms of public keys, under every name that clients and JWKs use for them. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = [
  ...Object.entries(ALGORITHMS)
    .filter(([, { shared }]) => !shared)
    .map(([name]) => name),
  ...[...ALIASES.keys()].map(String),
];

/**
 * @param name the `alg` of a JWK or of an assertion's header, of any type
 * @returns the algorithm that it names; `undefined` if none
 */
export function algorithmNamed(name: unknown): Algorithm | undefined {
  return ALIASES.get(name) ?? (isAlgorithm(name) ? name : undefined);
}
