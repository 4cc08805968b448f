import type { KeyObject } from 'node:crypto';
import { type Algorithm, ALGORITHMS, LEAST_RSA_BITS } from '../jwt/algorithms.js';

/** Whether a public or private key can be used with the algorithm: of its kind, on its curve, and long enough. */
export function fitsAlgorithm(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  algorithm: Algorithm,
): boolean {
  const { keyPair } = ALGORITHMS[algorithm];
  if (!keyPair || keyPair.type !== asymmetricKeyType) return false;
  if (keyPair.type === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS;
  return keyPair.curve === asymmetricKeyDetails?.namedCurve;
}
