import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isJsonObject } from '../jwt/strict-json.js';
import { ApiError, type ErrorCode, HttpError } from './api-error.js';

/** What is said for a status that Nest or Fastify answers by itself. */
const BY_STATUS: Readonly<Record<number, () => ApiError>> = {
  400: () => new ApiError(400, 'invalid_request', 'The request could not be read'),
  404: () => new ApiError(404, 'not_found', 'Not found'),
  405: () => new ApiError(405, 'method_not_allowed', 'Method not allowed'),
  413: () => new ApiError(413, 'payload_too_large', 'The body is larger than 64 KiB'),
  414: () => new ApiError(404, 'not_found', 'Not found'),
  415: () => new ApiError(415, 'unsupported_media_type', 'Send the body as application/json'),
  503: () => new ApiError(503, 'unavailable', 'The service is not available now'),
};

/** What the filter is told by the application. */
export interface ErrorFilterOptions {
  /** Is told the cause of a 500, for the log. */
  readonly report: (cause: unknown, requestId: string) => void;
  /** Makes an ApiError of an error that a domain throws; gives back any other as it is. */
  readonly translate: (exception: unknown) => unknown;
  /** How an error is put on the routes that read forms. */
  readonly onForms: (error: ApiError) => HttpError;
}

/** Gives every error of a JSON route the one shape of the contract; the cause of a 500 goes to the log alone. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly options: ErrorFilterOptions) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const error = isCutOff(exception, request)
      ? new ApiError(400, 'invalid_request', 'The request ended too early')
      : asHttpError(this.options.translate(exception));
    if (error.status === 500) this.options.report(exception, request.id);
    const isForm = request.routeOptions.config.form === true && error.status !== 405;
    const { status, headers, body } =
      isForm && error instanceof ApiError ? this.options.onForms(error) : error;
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .code(status)
      .headers(headers)
      .header('content-type', 'application/json; charset=utf-8')
      .send(body);
  }
}

/** Whether the caller went away before its request was whole: no fault of the service, and nobody is there to be told. */
function isCutOff(exception: unknown, { raw }: FastifyRequest): boolean {
  return (
    raw.readableAborted &&
    exception instanceof Error &&
    'code' in exception &&
    exception.code === 'ECONNRESET'
  );
}

function asHttpError(exception: unknown): HttpError {
  if (exception instanceof HttpError) return exception;
  if (exception instanceof HttpException) {
    const body = exception.getResponse();
    if (isErrorBody(body)) return new ApiError(exception.getStatus(), body.code, body.error, body);
  }
  return BY_STATUS[statusOf(exception)]?.() ?? new ApiError(500, 'internal_error', 'Internal error');
}

/** Whether an exception of Nest is in the words of the contract already, as the refusals of JwtAuthGuard are. */
function isErrorBody(body: unknown): body is { error: string; code: ErrorCode } {
  return isJsonObject(body) && typeof body['error'] === 'string' && typeof body['code'] === 'string';
}

function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  const isFastify = exception instanceof Error && 'statusCode' in exception && 'code' in exception;
  return isFastify && String(exception.code).startsWith('FST_') ? Number(exception.statusCode) : 500;
}
