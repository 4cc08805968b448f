import { type CallHandler, HttpException, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { ApiError, HttpError } from '../../server/api-error.js';
import { redactSecrets } from '../../encoding/redact-secrets.js';

/** Logs unexpected errors of the embedded routes, and responds without their cause. */
@Injectable()
export class UnexpectedErrorInterceptor implements NestInterceptor {
  private readonly log = new Logger('IdentityBackend');

  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => this.expected(error))));
  }

  private expected(error: unknown): unknown {
    if (error instanceof HttpError || error instanceof HttpException) return error;
    const [message, stack] = error instanceof Error ? [error.message, error.stack] : [String(error)];
    this.log.error(redactSecrets(message), stack && redactSecrets(stack));
    return new ApiError(500, 'internal_error', 'Internal error');
  }
}
