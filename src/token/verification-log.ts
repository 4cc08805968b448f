import type { VerificationResult } from '../jwt/verification-result.js';

/** Counts the outcomes of verifications. An application may provide its own class. */
export abstract class VerificationLog {
  /**
   * Called once for each verification by `POST /verify`.
   *
   * @param code `valid`, or why the token was refused
   */
  abstract record(code: VerificationResult['code']): void;
}
