import { createHash, type JsonWebKey } from 'node:crypto';

/** The required parameters of a public key, in their order (RFC 7638 §3.2, RFC 8037 §2). */
const REQUIRED: Readonly<Record<string, readonly (keyof JsonWebKey)[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** @returns the SHA-256 thumbprint of a key (RFC 7638), in base64url */
export function thumbprint(jwk: JsonWebKey): string {
  const required = REQUIRED[String(jwk.kty)] ?? [];
  const canonical = JSON.stringify(Object.fromEntries(required.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(canonical).digest('base64url');
}
