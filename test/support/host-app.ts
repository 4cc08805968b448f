import type {
  DynamicModule,
  INestApplication,
  LoggerService,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ServiceResponse } from './running-app.js';

/** The servers that Nest runs on. */
export const SERVERS = ['Express', 'Fastify'] as const;
export type Server = (typeof SERVERS)[number];

/** Options of another application. */
export interface HostOptions extends NestApplicationOptions {
  readonly logger?: LoggerService | false;
  /** What its main.ts does before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Another application that embeds this package, listening on a free port of this machine. */
export class HostApp {
  private constructor(
    readonly app: INestApplication,
    readonly origin: string,
  ) {}

  static async start(
    server: Server,
    module: Type | DynamicModule,
    { prepare, ...options }: HostOptions = {},
  ): Promise<HostApp> {
    const adapter = server === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(module, adapter, {
      logger: false,
      abortOnError: false,
      ...options,
    });
    return HostApp.listen(app, prepare);
  }

  static async listen(app: INestApplication, prepare?: HostOptions['prepare']): Promise<HostApp> {
    prepare?.(app);
    await app.listen(0, '127.0.0.1');
    return new HostApp(app, new URL(await app.getUrl()).origin);
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  async request(path: string, init: RequestInit = {}): Promise<ServiceResponse> {
    const response = await fetch(this.origin + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: asObject(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<ServiceResponse> {
    return this.request(path, { headers });
  }

  /** Posts a value as JSON; strings and bytes are sent unchanged, with the Content-Type of JSON. */
  post(path: string, value: string | object, headers: Record<string, string> = {}): Promise<ServiceResponse> {
    const body =
      typeof value === 'string' || value instanceof Uint8Array
        ? (value as Uint8Array<ArrayBuffer>)
        : JSON.stringify(value);
    return this.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
