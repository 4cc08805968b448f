import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HttpError } from '../../server/api-error.js';
import { sendError } from './send-error.js';

/** Sends the errors of the embedded routes as the service does. The application handles all others. */
@Catch(HttpError)
export class EmbeddedErrorFilter implements ExceptionFilter<HttpError> {
  constructor(private readonly server: HttpAdapterHost) {}

  catch(error: HttpError, host: ArgumentsHost): void {
    sendError(this.server.httpAdapter, host.switchToHttp().getResponse(), error);
  }
}
