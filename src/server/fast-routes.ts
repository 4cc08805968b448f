import type { INestApplication } from '@nestjs/common';
import { type ApplicationConfig, Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { andThen } from '../concurrency/maybe-promise.js';
import type { ErrorFilter } from './error.filter.js';
import type { ControllerMethod, ControllerMethods } from './header-guards.js';
import { refuseEnhancers } from './route-enhancers.js';

/** Calls a method of a controller; returns the body of the reply, or a promise of it. */
type FastHandler<C> = (controller: C, request: FastifyRequest, reply: FastifyReply) => unknown;

const Fast = Reflector.createDecorator<FastHandler<never>>();

/**
 * Serves a hot route by this handler in place of Nest's, which awaits every step. The handler runs after each
 * `@UseHeaderGuard` and calls the decorated method. Other guards, pipes and the like are refused.
 */
export const FastRoute = <C extends object>(
  handler: FastHandler<C>,
): ((controller: C, name: string, method: PropertyDescriptor) => void) => Fast(handler);

/**
 * Replaces Nest's handler of each {@link FastRoute}, unless the application has another global filter, guard,
 * pipe or interceptor: only Nest runs those. Call it once the controllers exist, before the routes do.
 *
 * @param stepAside called if Nest's own handlers serve the routes, with the kinds that the application has
 */
export function useFastRoutes(
  fastify: FastifyInstance,
  app: INestApplication,
  { methods, filter }: { readonly methods: ControllerMethods; readonly filter: ErrorFilter },
  stepAside: (globals: readonly string[]) => void,
): void {
  let globals: string[] | undefined;
  fastify.addHook('onRoute', (route) => {
    const method = methods.get(route.handler.name);
    const handler = method && new Reflector().get<FastHandler<object> | undefined>(Fast.KEY, method.method);
    if (!handler) return;
    refuseEnhancers(method, route.handler.name);
    if (!globals) {
      globals = otherGlobals(filter, app);
      if (globals.length > 0) stepAside(globals);
    }
    if (globals.length === 0) route.handler = routeHandler(method, handler, filter);
  });
}

function otherGlobals(filter: ErrorFilter, app: INestApplication): string[] {
  // Nest exports the class, but provides no instance for injection.
  const { config } = app as unknown as { readonly config: ApplicationConfig };
  return (['Guards', 'Interceptors', 'Pipes', 'Filters'] as const).filter((kind) =>
    [...config[`getGlobal${kind}`](), ...config[`getGlobalRequest${kind}`]()].some((each) => each !== filter),
  );
}

function routeHandler(
  { controller, guards }: ControllerMethod,
  handler: FastHandler<object>,
  filter: ErrorFilter,
): RouteHandlerMethod {
  const run = guards.reduceRight<FastHandler<object>>(
    (next, guard) => (_controller, request, reply) =>
      andThen<unknown, unknown>(guard.admit(request), () => next(controller, request, reply)),
    handler,
  );
  return (request, reply) => {
    const send = (body: unknown): void => void reply.send(body);
    const fail = (cause: unknown): void => filter.respond(cause, request, reply);
    try {
      const body = run(controller, request, reply);
      if (body instanceof Promise) body.then(send).catch(fail);
      else send(body);
    } catch (cause) {
      fail(cause);
    }
  };
}
