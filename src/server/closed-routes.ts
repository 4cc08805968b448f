import type { INestApplication, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { ControllerMethods } from './header-guards.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a setting closes the route. */
    readonly closed?: true;
  }
}

/**
 * A controller whose routes a setting may close. A closed route responds to every method as an unknown path
 * does, and is not in the OpenAPI document.
 */
export abstract class ClosableController {
  abstract readonly isOpen: boolean;
}

const isClosed = (controller: unknown): boolean =>
  controller instanceof ClosableController && !controller.isOpen;

/** Hides the closed routes. Call it once the controllers exist, before the routes do. */
export function hideClosedRoutes(fastify: FastifyInstance, methods: ControllerMethods): void {
  const closed = new Set<string>();
  fastify.addHook('onRoute', (route) => {
    // The other methods of the URL, which get 405 on an open route, are added later.
    if (isClosed(methods.get(route.handler.name)?.controller)) closed.add(route.url);
    if (!closed.has(route.url)) return;
    route.config = { ...route.config, closed: true };
    route.onRequest = (_request, reply) => reply.callNotFound();
  });
}

/** @returns the modules without a closed controller, for the OpenAPI document */
export function openModules(app: INestApplication): Type[] {
  return [...app.get(ModulesContainer).values()]
    .filter(({ controllers }) => ![...controllers.values()].some(({ instance }) => isClosed(instance)))
    .map(({ metatype }) => metatype);
}
