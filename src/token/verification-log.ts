import type { VerificationResult } from '../jwt/verification-result.js';

/** Where the outcome of each verification is counted. */
export abstract class VerificationLog {
  abstract record(code: VerificationResult['code']): void;
}
