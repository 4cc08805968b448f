import { type ApiError, HttpError } from '../server/api-error.js';

/**
 * The codes of RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2 and RFC 7009 §2.2.1, and codes for faults that are not
 * the request's.
 */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_token_type'
  | 'access_denied'
  | 'too_many_requests'
  | 'temporarily_unavailable'
  | 'server_error';

const STATUS: Readonly<Partial<Record<OAuthErrorCode, number>>> = {
  invalid_client: 401,
  too_many_requests: 429,
  temporarily_unavailable: 503,
  server_error: 500,
};

/** An error of the OAuth routes (RFC 6749 §5.2). Its message is meant for the caller. */
export class OAuthError extends HttpError {
  override readonly name = 'OAuthError';
  override readonly status: number;
  override readonly headers: Readonly<Record<string, string>>;

  /**
   * @param message the `error_description`: ASCII without quotes and backslashes
   * @param options.reason for the log only
   * @param options.status HTTP status; by default that of the code
   * @param options.headers other headers of the response
   */
  constructor(
    readonly code: OAuthErrorCode,
    message: string,
    readonly options: {
      readonly reason?: string;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = options.status ?? STATUS[code] ?? 400;
    this.headers = { pragma: 'no-cache', ...options.headers };
  }

  override get body(): object {
    return { error: this.code, error_description: this.message };
  }
}

const CODES: Readonly<Record<number, OAuthErrorCode>> = {
  401: 'invalid_client',
  403: 'access_denied',
  429: 'too_many_requests',
  500: 'server_error',
  502: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
  504: 'temporarily_unavailable',
};

/** Converts an error of the JSON routes into one of the OAuth routes. */
export function asOAuthError({ status, headers, message }: ApiError): OAuthError {
  const code = CODES[status] ?? (status < 500 ? 'invalid_request' : 'server_error');
  return new OAuthError(code, message, { status: status === 415 ? 400 : status, headers });
}
