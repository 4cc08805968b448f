import type { INestApplication, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a setting closes the route. */
    readonly closed?: true;
  }
}

/**
 * A controller whose routes a setting may close. Closed ones respond as an address that has no route, with every method, and
 * are not in the OpenAPI document.
 */
export abstract class ClosableController {
  abstract readonly isOpen: boolean;
}

const isClosed = (controller: unknown): boolean =>
  controller instanceof ClosableController && !controller.isOpen;

/** To be called before the routes are made, once the controllers are. */
export function hideClosedRoutes(
  fastify: FastifyInstance,
  app: INestApplication,
  { basePath }: { readonly basePath: string },
): void {
  const closed = new Set<string>();
  for (const { controllers } of app.get(ModulesContainer).values()) {
    for (const { instance, metatype } of controllers.values()) {
      if (isClosed(instance)) closed.add(`${basePath}/${pathOf(metatype as Type)}`);
    }
  }
  fastify.addHook('onRoute', (route) => {
    if (!closed.has(route.url)) return;
    route.config = { ...route.config, closed: true };
    route.onRequest = (_request, reply) => reply.callNotFound();
  });
}

/** The modules without a closed controller, for the OpenAPI document. */
export function openModules(app: INestApplication): Type[] {
  return [...app.get(ModulesContainer).values()]
    .filter(({ controllers }) => ![...controllers.values()].some(({ instance }) => isClosed(instance)))
    .map(({ metatype }) => metatype);
}

function pathOf(controller: Type): string {
  return Reflect.getMetadata(PATH_METADATA, controller) as string;
}
