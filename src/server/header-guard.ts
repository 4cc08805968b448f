import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';

/**
 * A guard that needs the headers of a request and nothing else. The server calls it before it reads the body
 * (`useHeaderGuards`), and Nest once more before the handler, when the guard finds what it left on the request.
 */
export abstract class HeaderGuard<Request extends object = object> implements CanActivate {
  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return andThen(this.admit(context.switchToHttp().getRequest<Request>()), () => true);
  }

  /**
   * Called twice for a request. The second time, nothing is counted or audited again, and what has changed since the
   * first counts: the body may have taken seconds.
   *
   * @throws {HttpError} if the request is refused
   */
  abstract admit(request: Request): MaybePromise<void>;
}
