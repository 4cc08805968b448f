import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isJsonObject } from '../encoding/strict-json.js';
import { ApiError, type ErrorCode, HttpError } from './api-error.js';
import { typeFor } from './body-parsers.js';
import { unsupportedType } from './json-body.js';

type CodeAndMessage = readonly [code: ErrorCode, message: string];

/**
 * The errors for statuses that Nest and Fastify set by themselves: their own messages may reveal the cause.
 */
const BY_STATUS: Readonly<Record<number, CodeAndMessage>> = {
  400: ['invalid_request', 'The request could not be read'],
  401: ['unauthorized', 'Authentication is required'],
  403: ['access_denied', 'Access denied'],
  404: ['not_found', 'Not found'],
  405: ['method_not_allowed', 'Method not allowed'],
  408: ['invalid_request', 'The request took too long'],
  409: ['conflict', 'The request conflicts with the current state'],
  410: ['not_found', 'No longer available'],
  413: ['payload_too_large', 'The body is larger than 64 KiB'],
  429: ['too_many_requests', 'Too many requests'],
  500: ['internal_error', 'Internal error'],
  502: ['unavailable', 'The service is unavailable'],
  503: ['unavailable', 'The service is unavailable'],
  504: ['unavailable', 'The service is unavailable'],
};

const OTHER_CLIENT_ERROR: CodeAndMessage = ['invalid_request', 'The request was refused'];
const OTHER_SERVER_ERROR: CodeAndMessage = ['internal_error', 'Internal error'];

/** Statuses that are replaced: a URL that is too long matches no route. */
const OTHER_STATUS: Readonly<Record<number, number>> = { 414: 404 };

/** Options of the filter. */
export interface ErrorFilterOptions {
  /** Receives the cause of a 500, for the log. */
  readonly report: (cause: unknown, requestId: string) => void;
  /** Converts an error that a domain throws into an ApiError; returns any other unchanged. */
  readonly translate: (exception: unknown) => unknown;
  /** Converts the error of a route that reads forms. */
  readonly onForms: (error: ApiError) => HttpError;
}

/**
 * Responds to exceptions: every error of a JSON route has the same fields, and only the log gets the cause of
 * a 500.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly options: ErrorFilterOptions) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.respond(exception, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Sends the error for an exception. */
  respond(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = isCutOff(exception, request)
      ? new ApiError(400, 'invalid_request', 'The request ended too early')
      : asHttpError(this.options.translate(exception), request);
    if (error.status === 500) this.options.report(exception, request.id);
    const isForm = request.routeOptions.config.form === true && error.status !== 405;
    const { status, headers, body } =
      isForm && error instanceof ApiError ? this.options.onForms(error) : error;
    void reply
      .code(status)
      .headers(headers)
      .header('content-type', 'application/json; charset=utf-8')
      .send(body);
  }
}

/** Whether the caller disconnected before its request was complete, which is not a fault of the service. */
function isCutOff(exception: unknown, { raw }: FastifyRequest): boolean {
  return (
    raw.readableAborted &&
    exception instanceof Error &&
    'code' in exception &&
    exception.code === 'ECONNRESET'
  );
}

function asHttpError(exception: unknown, request: FastifyRequest): HttpError {
  if (exception instanceof HttpError) return exception;
  if (exception instanceof HttpException) {
    const body = exception.getResponse();
    if (isErrorBody(body)) return new ApiError(statusOf(exception), body.code, body.error, body);
  }
  const given = statusOf(exception);
  const status = OTHER_STATUS[given] ?? given;
  if (status === 415) return unsupportedType(typeFor(request));
  const [code, message] = BY_STATUS[status] ?? (status < 500 ? OTHER_CLIENT_ERROR : OTHER_SERVER_ERROR);
  return new ApiError(status, code, message);
}

/** Whether an exception of Nest already has the body of an ApiError, as those of JwtAuthGuard do. */
function isErrorBody(body: unknown): body is { error: string; code: ErrorCode } {
  return isJsonObject(body) && typeof body['error'] === 'string' && typeof body['code'] === 'string';
}

/**
 * @returns the status of an HTTP error; 500 for anything else, such as a Nest exception with the status of a
 *   redirect
 */
function statusOf(exception: unknown): number {
  const status = exception instanceof HttpException ? exception.getStatus() : statusOfFastify(exception);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}

function statusOfFastify(exception: unknown): number {
  const isFastify = exception instanceof Error && 'statusCode' in exception && 'code' in exception;
  return isFastify && String(exception.code).startsWith('FST_') ? Number(exception.statusCode) : 500;
}
