import { Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EmbeddedPaths } from './embedded-paths.js';
import { useExpressHooks } from './express-hooks.js';
import { useFastifyHooks } from './fastify-hooks.js';

const HOOKS: Readonly<Record<string, (adapter: AbstractHttpAdapter, paths: EmbeddedPaths) => void>> = {
  express: useExpressHooks,
  fastify: useFastifyHooks,
};

/**
 * Reads requests to the embedded routes before the application's own middleware and parsers do, so that the
 * routes behave the same whatever those are. Other requests pass unchanged.
 */
@Injectable()
export class EmbeddedHooks {
  constructor(server: HttpAdapterHost, paths: EmbeddedPaths) {
    // There is no adapter yet in a TestingModule, and never one in an application without HTTP.
    server.init$.subscribe(() => {
      const adapter = server.httpAdapter;
      const useHooks = HOOKS[adapter.getType()];
      if (!useHooks) throw new TypeError(`The routes of TokenModule do not run on ${adapter.getType()}`);
      useHooks(adapter, paths);
    });
  }
}
