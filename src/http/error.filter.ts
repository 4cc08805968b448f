import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiError } from './api-error.js';

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

/** Gives every error of a JSON route the one shape of the contract; the cause of a 500 goes to the log alone. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly log = new Logger('Errors');

  catch(exception: unknown, host: ArgumentsHost): void {
    const error = this.asApiError(exception);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply
      .code(error.status)
      .headers(error.headers)
      .header('content-type', 'application/json; charset=utf-8')
      .send(error.body);
  }

  private asApiError(exception: unknown): ApiError {
    if (exception instanceof ApiError) return exception;
    const known = BY_STATUS[statusOf(exception)];
    if (known) return known();
    this.log.error(exception);
    return new ApiError(500, 'internal_error', 'Internal error');
  }
}

function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  const isFastify = exception instanceof Error && 'statusCode' in exception && 'code' in exception;
  return isFastify && String(exception.code).startsWith('FST_') ? Number(exception.statusCode) : 500;
}
