import { expect } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { ADMINISTRATOR_OPTIONS, type BuiltService, makeClient, startService } from './built-service.js';
import { halfRequest } from './half-request.js';
import {
  basicHeaders,
  bearerHeaders,
  type Credentials,
  form,
  json,
  type ReceivedResponse,
  request,
  type RequestOptions,
} from './http-request.js';
import { isRunning, within } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

export const WORKERS = 2;
/** How many simultaneous requests follow each change: the workers take turns, so each gets some. */
export const AT_ONCE = 8;
export const WORKER_SETTINGS = {
  WORKERS: String(WORKERS),
  AUTH_FAILURE_MAX: '0',
  SWAGGER: 'false',
  JWT_ALGORITHM: 'ES256|HS256',
};

/** Starts the service with several workers. */
export function startWorkers(environment: NodeJS.ProcessEnv = {}, cwd?: string): Promise<BuiltService> {
  return startService({ ...WORKER_SETTINGS, ...environment }, { cwd, workers: WORKERS });
}

/** The service with an administrator and a client, and their requests. */
export class ServiceWithClients {
  private constructor(
    readonly service: BuiltService,
    private readonly admin: Credentials,
    readonly client: Credentials,
  ) {}

  static async start(): Promise<ServiceWithClients> {
    const cwd = temporaryDirectory();
    const admin = await makeClient(cwd, WORKER_SETTINGS, 'admin', ...ADMINISTRATOR_OPTIONS);
    const client = await makeClient(cwd, WORKER_SETTINGS, 'worker', '--audience', 'logging-service');
    return new ServiceWithClients(await startWorkers({}, cwd), admin, client);
  }

  /** Requests an access token with client_credentials. */
  async grant(client = this.client, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
    const grant = form({ grant_type: 'client_credentials', ...parameters }, basicHeaders(client));
    return String((await this.succeed('/oauth2/token', grant)).body['access_token']);
  }

  async revoke(token: string): Promise<void> {
    await this.succeed('/oauth2/revoke', form({ token }, basicHeaders(this.client)));
  }

  async administer(method: string, path: string, value: object = {}): Promise<ReceivedResponse['body']> {
    const headers = bearerHeaders(await this.grant(this.admin, { scope: 'identity:admin' }));
    return (await this.succeed(path, { ...json(value, headers), method })).body;
  }

  verify(token: string): Promise<ReceivedResponse> {
    return request(`${this.service.url}/verify`, json({ token, aud: 'logging-service' }));
  }

  /** @returns the codes of several simultaneous requests: `valid`, or the error code */
  async verdicts(token: string): Promise<ReadonlySet<unknown>> {
    return this.distinct(
      () => this.verify(token),
      ({ body }) => body['code'] ?? 'valid',
    );
  }

  /** @returns the statuses of several simultaneous token requests of a client */
  async statuses(client: Credentials): Promise<ReadonlySet<unknown>> {
    const asked = json({ sub: client.id, aud: 'logging-service' }, basicHeaders(client));
    return this.distinct(
      () => request(`${this.service.url}/token`, asked),
      ({ status }) => status,
    );
  }

  private async distinct(
    ask: () => Promise<ReceivedResponse>,
    pick: (response: ReceivedResponse) => unknown,
  ): Promise<ReadonlySet<unknown>> {
    return new Set((await Promise.all(Array.from({ length: AT_ONCE }, ask))).map(pick));
  }

  private async succeed(path: string, options: RequestOptions): Promise<ReceivedResponse> {
    const response = await request(this.service.url + path, options);
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${response.text}`);
    return response;
  }
}

/** Stops the service while each worker has open requests: they complete, and no process is left. */
export async function expectGracefulStop(
  service: BuiltService,
  signal = (): void => service.kill('SIGTERM'),
): Promise<void> {
  const pids = [service.pid, ...service.workers];
  const open = await Promise.all(Array.from({ length: 6 }, () => halfRequest(service.url)));
  await delay(300);
  signal();
  await service.logged(/^stopping$/);
  await delay(300);
  for (const response of await within(Promise.all(open.map((each) => each.finish())), 'the responses')) {
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n.*"token":"ey/s);
  }
  expect(await within(service.ended, 'the end')).toBe(0);
  expect(pids.filter(isRunning)).toEqual([]);
}
