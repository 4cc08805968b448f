import type { VerificationResult } from '../jwt/verification-result.js';

/** Counts the outcomes of verifications. */
export abstract class VerificationLog {
  abstract record(code: VerificationResult['code']): void;
}
