import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  InternalServerErrorException,
  Logger,
  type NestInterceptor,
  type OnApplicationBootstrap,
  UseInterceptors,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { findAcceptance } from './accepted-claims.js';
import { DeclaredProtection } from './declared-protection.js';
import { handlerName } from './handler-name.js';
import { addRequirement, insufficiencyOf, requirementsOf } from './requirements.js';
import { loadTransport, transportError } from './transport-error.js';

/**
 * Refuses requests to a handler that requires scopes or claims if no guard of this package has let them in.
 * Every interceptor runs after every guard, so the order of decorators does not matter. It also covers
 * message handlers of a hybrid application, to which global guards do not apply without `inheritAppConfig`.
 */
@Injectable()
export class ProtectedHandlerInterceptor implements NestInterceptor, OnApplicationBootstrap {
  private readonly log = new Logger('IdentityAuth');
  private readonly protection: DeclaredProtection;

  constructor(modules: ModulesContainer, application: ApplicationConfig, server: HttpAdapterHost) {
    this.protection = new DeclaredProtection(modules, application, server);
  }

  /** @throws {Error} that names the handlers whose decorators cannot protect them */
  onApplicationBootstrap(): void {
    this.protection.check();
  }

  /** @throws an internal error in the form of the transport if the handler is not protected */
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (this.isProtected(context)) return next.handle();
    this.log.error(
      `${handlerName(context)} requires scopes or claims, but JwtAuthGuard has not let the request in: apply it ` +
        'with @UseGuards() or as APP_GUARD; a hybrid application needs inheritAppConfig',
    );
    await loadTransport(context.getType());
    throw transportError(
      context,
      new InternalServerErrorException({ error: 'Internal error', code: 'internal_error' }),
    );
  }

  private isProtected(context: ExecutionContext): boolean {
    const requirements = requirementsOf(context);
    if (requirements.access !== 'token') return true;
    const accepted = findAcceptance(context.getArgs());
    const isLetIn = accepted?.handlers.includes(context.getHandler()) === true;
    if (isLetIn && insufficiencyOf(accepted.claims, requirements) === undefined) return true;
    return this.protection.isGuardReplaced(context);
  }
}

/** Makes a decorator that adds to the requirements of a target, and has them checked. */
export function requiring(key: string, ...entries: readonly unknown[]): ClassDecorator & MethodDecorator {
  const require: MethodDecorator = (target, name, descriptor) => {
    // At a class, there are neither a name nor a descriptor.
    const place = ((descriptor as PropertyDescriptor | undefined)?.value ?? target) as object;
    addRequirement(place, key, ...entries);
    const present = (Reflect.getMetadata('__interceptors__', place) ?? []) as readonly unknown[];
    if (!present.includes(ProtectedHandlerInterceptor)) {
      UseInterceptors(ProtectedHandlerInterceptor)(target, name, descriptor);
    }
  };
  return require as ClassDecorator & MethodDecorator;
}
