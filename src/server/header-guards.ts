import { type INestApplication, RequestMethod, type Type } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { addressOf } from './direct-routes.js';
import { HeaderGuard } from './header-guard.js';

/**
 * Calls the {@link HeaderGuard}s of each route before its body is read, so that a stranger is refused as one (401), whatever
 * the body is, and need not send it. To be called before the routes are made, once the controllers are; after the
 * limit of requests, which comes first.
 */
export function useHeaderGuards(
  fastify: FastifyInstance,
  app: INestApplication,
  { basePath }: { readonly basePath: string },
): void {
  const hooks = hooksByAddress(app);
  fastify.addHook('onRoute', (route) => {
    const address = `${String(route.method)} ${route.url.slice(basePath.length)}`;
    const guards = route.url.startsWith(basePath) ? hooks.get(address) : undefined;
    if (guards) route.onRequest = [...[route.onRequest ?? []].flat(), ...guards];
  });
}

function hooksByAddress(app: INestApplication): Map<string, onRequestHookHandler[]> {
  const hooks = new Map<string, onRequestHookHandler[]>();
  for (const { injectables, controllers } of app.get(ModulesContainer).values()) {
    for (const { metatype } of controllers.values()) {
      for (const [address, types] of guardedRoutes(metatype as Type)) {
        const guards = types.map((type) => injectables.get(type)?.instance);
        const early = guards.filter((guard) => guard instanceof HeaderGuard);
        if (early.length > 0) hooks.set(address, early.map(hookOf));
      }
    }
  }
  return hooks;
}

/** Each route of a controller, with the guards of the controller and its own. */
function guardedRoutes(controller: Type): (readonly [address: string, guards: readonly Type[]])[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (!handler || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const guards = [controller, handler].flatMap(
      (each) => (Reflect.getMetadata(GUARDS_METADATA, each) ?? []) as Type[],
    );
    return [[`${method} ${addressOf(controller, handler)}`, guards] as const];
  });
}

function hookOf(guard: HeaderGuard): onRequestHookHandler {
  return (request, _reply, done) => {
    const admitted = guard.admit(request);
    if (admitted instanceof Promise) admitted.then(() => done(), done);
    else done();
  };
}
