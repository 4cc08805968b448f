/** The field of edwards25519 and the constant of its equation, -x² + y² = 1 + dx²y² (RFC 8032 §5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * The y coordinates of the points whose order divides 8. With such a point as the public key, the term of the
 * verification equation that holds the key vanishes for at least one message in eight, so anyone can sign.
 * OpenSSL accepts these points.
 */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  P - 2707385501144840649318225287225658788936804267575313519463743609750303402022n,
]);

/**
 * Whether 32 bytes are the canonical encoding of a point (RFC 8032 §5.1.3) of large order. OpenSSL checks
 * neither.
 *
 * @param encoded y in little-endian order, with the sign of x in the highest bit
 */
export function isEd25519Key(encoded: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(encoded).reverse().toString('hex')}`);
  const y = value & (2n ** 255n - 1n);
  if (y >= P || SMALL_ORDER.has(y)) return false;
  const square = (y * y) % P;
  // x² = u / v has a root if u·v is a square, since quotient and product differ by the square of v.
  const product = ((square - 1n + P) * (D * square + 1n)) % P;
  return power(product, (P - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
