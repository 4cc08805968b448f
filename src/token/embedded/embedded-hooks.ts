import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EmbeddedPaths } from './embedded-paths.js';
import { useExpressHooks } from './express-hooks.js';
import { useFastifyHooks } from './fastify-hooks.js';

const HOOKS: Readonly<Record<string, (adapter: AbstractHttpAdapter, paths: EmbeddedPaths) => void>> = {
  express: useExpressHooks,
  fastify: useFastifyHooks,
};

/**
 * Reads requests to the embedded routes before the middleware and the parsers of the application do, so that
 * the routes behave the same in every application. Other requests pass unchanged.
 */
@Injectable()
export class EmbeddedHooks implements OnModuleInit {
  constructor(
    private readonly server: HttpAdapterHost,
    paths: EmbeddedPaths,
  ) {
    // In a TestingModule there is no adapter yet, and in an application without HTTP, such as a command that
    // shares its modules with a server, there never is.
    server.init$.subscribe(() => {
      const { adapter } = this;
      if (adapter) HOOKS[adapter.getType()]?.(adapter, paths);
    });
  }

  /** @throws {TypeError} if the application runs on an adapter other than Express or Fastify */
  onModuleInit(): void {
    const type = this.adapter?.getType();
    if (type === undefined || Object.hasOwn(HOOKS, type)) return;
    throw new TypeError(`The routes of TokenModule do not run on ${type}`);
  }

  /** Null without HTTP, which the type of Nest does not say. */
  private get adapter(): AbstractHttpAdapter | null {
    return this.server.httpAdapter as AbstractHttpAdapter | null;
  }
}
