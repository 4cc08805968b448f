import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { type Type, UseGuards } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';

/**
 * A guard that needs only the headers of a request. The server calls it before it reads the body
 * ({@link useHeaderGuards}), and again right before the handler; the second time, the guard finds on the
 * request what it stored there.
 */
export abstract class HeaderGuard<Request extends object = object> implements CanActivate {
  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return andThen(this.admit(context.switchToHttp().getRequest<Request>()), () => true);
  }

  /**
   * Called twice for each request. The second call neither counts nor audits again, but checks the current
   * state: receiving the body may have taken seconds.
   *
   * @throws {HttpError} if the request is refused
   */
  abstract admit(request: Request): MaybePromise<void>;
}

const EarlyGuard = Reflector.createDecorator<Type<HeaderGuard>>();

/** `@UseGuards` for a {@link HeaderGuard}, of a route or of all routes of a controller. */
export const UseHeaderGuard = (guard: Type<HeaderGuard>): ClassDecorator & MethodDecorator =>
  applyDecorators(UseGuards(guard), EarlyGuard(guard));

/** A method of a controller of the running application. */
export interface ControllerMethod {
  readonly controller: object;
  readonly method: () => unknown;
  readonly guards: readonly HeaderGuard[];
}

/** Controller methods, by the name that Nest gives the handler of their route. */
export type ControllerMethods = ReadonlyMap<string, ControllerMethod>;

/** Lists every method of every controller. Call it once Nest has created the controllers. */
export function controllerMethods(app: INestApplication): ControllerMethods {
  const methods = new Map<string, ControllerMethod>();
  for (const { controllers, injectables } of app.get(ModulesContainer).values()) {
    for (const { instance, metatype, name: className } of controllers.values()) {
      const type = metatype as Type;
      const prototype = type.prototype as Record<string, () => unknown>;
      for (const key of new MetadataScanner().getAllMethodNames(prototype)) {
        const method = prototype[key] as () => unknown;
        const types = [type, method].flatMap((each) => new Reflector().get(EarlyGuard, each) ?? []);
        const guards = types.map((guard) => injectables.get(guard)?.instance as HeaderGuard);
        const name = `${className}.${key}`;
        if (methods.has(name)) throw new Error(`Two controllers have a method ${name}`);
        methods.set(name, { controller: instance, method, guards });
      }
    }
  }
  return methods;
}

/**
 * Calls the {@link HeaderGuard}s of each route before the body is read, so that an unauthenticated caller
 * gets 401, whatever the body is, and need not send it. Call it once the controllers exist, before the routes
 * do, and after the rate limit, which comes first.
 */
export function useHeaderGuards(fastify: FastifyInstance, methods: ControllerMethods): void {
  fastify.addHook('onRoute', (route) => {
    const guards = methods.get(route.handler.name)?.guards ?? [];
    if (guards.length > 0) route.onRequest = [route.onRequest ?? [], guards.map(hookOf)].flat(2);
  });
}

function hookOf(guard: HeaderGuard): onRequestHookHandler {
  return (request, _reply, done) => {
    const admitted = guard.admit(request);
    if (admitted instanceof Promise) admitted.then(() => done(), done);
    else done();
  };
}
