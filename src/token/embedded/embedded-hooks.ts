import { Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EmbeddedPaths } from './embedded-paths.js';
import { useExpressHooks } from './express-hooks.js';
import { useFastifyHooks } from './fastify-hooks.js';

const PREPARE: Readonly<Record<string, (adapter: AbstractHttpAdapter, paths: EmbeddedPaths) => void>> = {
  express: useExpressHooks,
  fastify: useFastifyHooks,
};

/**
 * What a request to the embedded routes passes through before the application's own middleware and parsers, so that the
 * wire contract holds whatever those are. Addresses of the application itself are left alone.
 */
@Injectable()
export class EmbeddedHooks {
  constructor(server: HttpAdapterHost, paths: EmbeddedPaths) {
    // There is no adapter yet in a TestingModule, and never one in an application without HTTP.
    server.init$.subscribe(() => {
      const adapter = server.httpAdapter;
      const prepare = PREPARE[adapter.getType()];
      if (!prepare) throw new TypeError(`The routes of TokenModule do not run on ${adapter.getType()}`);
      prepare(adapter, paths);
    });
  }
}
