/** The error codes of the JSON routes, except those with which `POST /verify` refuses a token. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_target'
  | 'invalid_scope'
  | 'access_denied'
  | 'unauthorized'
  | 'missing_token'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'internal_error'
  | 'unavailable';

/** The body of every error of a JSON route. */
export interface ErrorBody {
  readonly error: string;
  readonly code: ErrorCode;
  readonly [field: string]: unknown;
}

/** An error that knows its HTTP response. */
export abstract class HttpError extends Error {
  /** HTTP status. */
  abstract readonly status: number;
  abstract readonly headers: Readonly<Record<string, string>>;
  abstract readonly body: object;
}

/** An error of a JSON route. Its message is meant for the caller. */
export class ApiError extends HttpError {
  override readonly name = 'ApiError';

  /**
   * @param status HTTP status
   * @param code for programs
   * @param message for people; never contains a secret, a token or the cause
   * @param fields other fields of the body
   * @param headers other headers of the response
   */
  constructor(
    override readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly fields: Readonly<Record<string, unknown>> = {},
    override readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  override get body(): ErrorBody {
    return { ...this.fields, error: this.message, code: this.code };
  }
}

/**
 * Seconds after which a client should try again: few enough to notice a recovery, enough to spread the load.
 */
const UNAVAILABLE_RETRY_SECONDS = 5;

/** The error for a request that cannot be served now but may be repeated (RFC 9110 §15.6.4 and §10.2.3). */
export function unavailable(message: string): ApiError {
  const headers = { 'retry-after': String(UNAVAILABLE_RETRY_SECONDS) };
  return new ApiError(503, 'unavailable', message, {}, headers);
}

/**
 * The error for a request over a limit.
 *
 * @param seconds after which the client may try again
 */
export function tooManyRequests(seconds: number): ApiError {
  const headers = { 'retry-after': String(seconds) };
  return new ApiError(429, 'too_many_requests', `Try again in ${seconds} seconds`, {}, headers);
}
