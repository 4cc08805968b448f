/** A signing algorithm of RFC 7518 §3.1 or RFC 8037 that this service knows. */
export type Algorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA';

/** What is to be known of an algorithm; everything that depends on one reads this table. */
export interface AlgorithmFacts {
  /** Whether signer and verifier hold the same secret. */
  readonly shared: boolean;
  /** Least length of a shared secret in bytes: that of the hash (RFC 7518 §3.2). */
  readonly leastSecretBytes: number;
  /** Length of a signature in bytes; with RSA it is that of the modulus, and this is the least. */
  readonly leastSignatureBytes: number;
  /** The kind of key pair, in the words of `node:crypto`; none for a shared secret. */
  readonly keyPair?: KeyPairKind;
}

/** A kind of key pair, in the words of `node:crypto`. */
export interface KeyPairKind {
  readonly type: 'rsa' | 'ec' | 'ed25519';
  readonly curve?: string;
  /** The same in the words of a JWK (RFC 7518 §6, RFC 8037 §2). */
  readonly jwk: { readonly kty: string; readonly crv?: string };
}

/** RSA keys are made, and accepted, from this length on (RFC 7518 §3.3); bits. */
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

/** Every algorithm a token may name. `none` is not one of them, in any spelling (RFC 8725 §3.2). */
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

/** Whether the name is exactly that of a known algorithm. */
export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}

/** RFC 8037 calls it EdDSA, RFC 9864 by the name of the curve. */
const ALIASES: ReadonlyMap<unknown, Algorithm> = new Map([['Ed25519', 'EdDSA']]);

/** The algorithms that a public key verifies, by every name that clients and JWKs give them. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = [
  ...Object.entries(ALGORITHMS)
    .filter(([, { shared }]) => !shared)
    .map(([name]) => name),
  ...[...ALIASES.keys()].map(String),
];

/** @returns the algorithm that a JWK or the header of an assertion means by its `alg`, which may be of any type */
export function algorithmNamed(name: unknown): Algorithm | undefined {
  return ALIASES.get(name) ?? (isAlgorithm(name) ? name : undefined);
}
