import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import type { Settings } from '../../src/config/settings.js';
import { SyncLoop } from '../../src/sync/sync-loop.js';
import { CapturedLog } from './captured-log.js';
import { MovedClock } from './moved-clock.js';
import { testSettings } from './settings.js';

/** A response whose body has been read. */
export interface ServiceResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, if it is a JSON object; else empty. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The application, listening on a free port of this machine. */
export class RunningApp {
  readonly clock: MovedClock;
  readonly captured: CapturedLog;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly origin: string,
    private readonly basePath: string,
    /** The value of JWT_ISSUER, which is also the audience of its administrators. */
    readonly issuer: string,
    surroundings: { clock: MovedClock; captured: CapturedLog },
  ) {
    this.clock = surroundings.clock;
    this.captured = surroundings.captured;
  }

  /** @param clock to share among several instances, or with a restarted one */
  static async start(changes: Partial<Settings> = {}, clock = new MovedClock()): Promise<RunningApp> {
    const settings = testSettings(changes);
    const surroundings = { clock, captured: new CapturedLog() };
    const app = await createApp(settings, { clock: surroundings.clock, log: surroundings.captured.log });
    await app.listen(settings.port, '127.0.0.1');
    const { origin } = new URL(await app.getUrl());
    return new RunningApp(app, origin, settings.basePath, settings.issuer, surroundings);
  }

  /** Reads the keys again after the clock was moved: those in memory are then too old to sign with. */
  async catchUp(): Promise<void> {
    const syncLoop = this.app.get(SyncLoop);
    if (syncLoop.ageSeconds > 50) await syncLoop.syncNow();
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** @param path under the base path */
  async request(path: string, init: RequestInit = {}): Promise<ServiceResponse> {
    const response = await fetch(this.origin + this.basePath + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: asObject(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<ServiceResponse> {
    return this.request(path, { headers });
  }

  /** Posts a value as JSON. */
  post(path: string, value: unknown, headers: Record<string, string> = {}): Promise<ServiceResponse> {
    return this.postRaw(path, JSON.stringify(value), headers);
  }

  /** Posts a string or bytes unchanged, with the Content-Type of JSON. */
  postRaw(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<ServiceResponse> {
    return this.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Posts parameters as a form; a string is sent unchanged. */
  form(
    path: string,
    parameters: Readonly<Record<string, string>> | string,
    headers: Record<string, string> = {},
  ): Promise<ServiceResponse> {
    const body = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
    return this.postRaw(path, body, { 'content-type': 'application/x-www-form-urlencoded', ...headers });
  }

  /** Requests a token, and throws if there is none. */
  async issue(
    members: Readonly<Record<string, unknown>> = {},
    headers: Record<string, string> = {},
  ): Promise<string> {
    const { status, body, text } = await this.post(
      '/token',
      { sub: 'user-42', aud: 'logging-service', ...members },
      headers,
    );
    if (status !== 200 || typeof body['token'] !== 'string') throw new Error(`No token: ${status} ${text}`);
    return body['token'];
  }

  verify(token: string, aud = 'logging-service'): Promise<ServiceResponse> {
    return this.post('/verify', { token, aud });
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
