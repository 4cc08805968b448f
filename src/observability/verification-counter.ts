import { Injectable } from '@nestjs/common';
import type { VerificationResult } from '../jwt/verification-result.js';
import { VerificationLog } from '../token/verification-log.js';
import { Metrics } from './metrics.js';

/** Counts verifications: there are too many to audit, and they change nothing. */
@Injectable()
export class VerificationCounter extends VerificationLog {
  constructor(private readonly metrics: Metrics) {
    super();
  }

  override record(code: VerificationResult['code']): void {
    this.metrics.tokenVerified(code);
  }
}
