import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The servers that Nest runs on. */
export const PLATFORMS = ['Express', 'Fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A response whose body has been read. */
export interface GuardedResponse {
  readonly status: number;
  /** The challenge, if there is one. */
  readonly challenge: string | null;
  readonly body: unknown;
}

/** Another application that uses the guard, listening on a free port of this machine. */
export class GuardedApp {
  private constructor(
    readonly app: INestApplication,
    readonly origin: string,
  ) {}

  static async start(
    platform: Platform,
    module: Type | DynamicModule,
    logger: LoggerService | false = false,
  ): Promise<GuardedApp> {
    const adapter = platform === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(module, adapter, { logger, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    return new GuardedApp(app, new URL(await app.getUrl()).origin);
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** @param token sent as a bearer token, if given */
  get(path: string, token?: string): Promise<GuardedResponse> {
    return this.request(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  }

  async request(path: string, init: RequestInit): Promise<GuardedResponse> {
    const response = await fetch(this.origin + path, init);
    const text = await response.text();
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
    };
  }
}
