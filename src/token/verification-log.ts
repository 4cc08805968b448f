import type { Verdict } from '../jwt/verdict.js';

/** Where the outcome of each verification is counted. */
export abstract class VerificationLog {
  abstract record(code: Verdict['code']): void;
}
