import { type MaybePromise } from '../concurrency/maybe-promise.js';
import { quoted } from '../encoding/quoted.js';
import { reasonOf } from '../encoding/redact-secrets.js';
import type { AcceptedToken } from '../jwt/verification-result.js';
import type { ClaimsRule } from './claims-rule.js';
import type { TokenRefusal } from './verification-outcome.js';

/** The most claims that a hint names. */
const MAX_NAMED = 5;

/** Applies the application's check to tokens that are otherwise valid. What it cannot check, it refuses. */
export class CheckedClaims {
  private isFailing = false;

  /** @param report receives why the check failed, once until it succeeds again */
  constructor(
    private readonly rule: ClaimsRule,
    private readonly report: (reason: string) => void,
  ) {}

  /** Loads what the check needs. @throws {Error} that says what is missing */
  async prepare(): Promise<void> {
    await this.rule.prepare?.();
  }

  /** Neither throws nor rejects. */
  check(token: AcceptedToken): MaybePromise<AcceptedToken | TokenRefusal> {
    try {
      const refused = this.rule.refused(token.claims);
      if (!(refused instanceof Promise)) return this.decide(token, refused);
      return refused.then(
        (names) => this.decide(token, names),
        (cause: unknown) => this.failed(cause),
      );
    } catch (cause) {
      return this.failed(cause);
    }
  }

  private decide(token: AcceptedToken, names: readonly string[] | undefined): AcceptedToken | TokenRefusal {
    this.isFailing = false;
    return names ? refusal(names) : token;
  }

  private failed(cause: unknown): TokenRefusal {
    if (!this.isFailing) {
      this.report(`check failed: ${reasonOf(cause)}`);
    }
    this.isFailing = true;
    return refusal([]);
  }
}

/** @param names of claims, never values: the check may concern personal data */
function refusal(names: readonly string[]): TokenRefusal {
  const shown = names.slice(0, MAX_NAMED).map(quoted).join(', ');
  const which = shown === '' ? 'the claims of the token' : `the token's ${shown}`;
  return {
    code: 'invalid_claims',
    hint: `This service does not accept ${which}; request a token with claims that it accepts.`,
  };
}
