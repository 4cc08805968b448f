/** The details of a {@link TokenUnavailableError}. */
export interface FailureDetails {
  /** HTTP status, if there was a response. */
  readonly status?: number;
  /**
   * For programs: the issuer's error code, such as `invalid_client` or `invalid_target`; else
   * `issuer_unreachable` or `invalid_response`.
   */
  readonly code: string;
  /** For people: the URL and what failed. Of a response it contains only the status and the error code. */
  readonly reason: string;
  /** Seconds to wait before the next request, if the issuer sent `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
}

/** No token is available. The error contains neither a secret nor a token. */
export class TokenUnavailableError extends Error {
  override readonly name = 'TokenUnavailableError';
  /** HTTP status of the response; `undefined` if there was none. */
  readonly status: number | undefined;
  /**
   * For programs: the issuer's error code, such as `invalid_client` or `invalid_target`; otherwise
   * `issuer_unreachable` or `invalid_response`.
   */
  readonly code: string;
  /** Seconds to wait before the next request; `undefined` unless the issuer sent `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ status, code, reason, retryAfterSeconds }: FailureDetails) {
    super(`No token: ${reason}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the issuer is failing, which affects every token. Otherwise it refuses this one. */
  get isOutage(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}
