import { ADMINISTRATOR_OPTIONS, type BuiltService, makeClient, startService } from './built-service.js';
import { queryPostgres } from './databases.js';
import { freePort } from './free-port.js';
import {
  basicHeaders,
  type Credentials,
  form,
  json,
  type ReceivedResponse,
  request,
  type RequestOptions,
} from './http-request.js';
import { Nginx } from './nginx.js';
import { POSTGRES_KIND, PrivateServer } from './private-server.js';
import { startRedis } from './private-redis.js';
import type { Program } from './program.js';
import { failureOf } from './reachable.js';
import { TcpProxy } from './tcp-proxy.js';
import { temporaryDirectory } from './temporary-directory.js';

export const AUDIENCE = 'logging-service';

/** A response, with what may excuse an error. */
export interface ExcusedResponse extends ReceivedResponse {
  /** The instance was killed meanwhile. */
  readonly mayBeCutOff: boolean;
  /** The database was unavailable meanwhile. */
  readonly mayBeRefused: boolean;
  /** The database was unavailable all the time, so nothing was written. */
  readonly changedNothing: boolean;
}

/** The servers that the service needs, and two clients. */
interface Surroundings {
  readonly settings: NodeJS.ProcessEnv;
  readonly database: TcpProxy;
  readonly redis: Program;
  readonly admin: Credentials;
  readonly worker: Credentials;
}

/** Several instances behind nginx, on one PostgreSQL and one Redis. */
export class Installation {
  readonly counts = new Map<string, number>();
  readonly instances: BuiltService[] = [];
  /** Whether the database is unavailable or about to be. */
  databaseUnavailable = false;
  /** Whether the database is certainly unavailable, so that a rejected change has not been written. */
  databaseIsGone = false;
  /** Whether an instance is being killed. */
  killing = false;

  private constructor(
    private readonly surroundings: Surroundings,
    readonly ports: readonly number[],
    readonly nginx: Nginx,
  ) {}

  static async start(count: number): Promise<Installation> {
    const surroundings = await prepare();
    const ports: number[] = [];
    for (let index = 0; index < count; index++) ports.push(await freePort());
    const all = new Installation(surroundings, ports, await Nginx.start(ports));
    await Promise.all(ports.map((_, index) => all.run(index)));
    return all;
  }

  get database(): TcpProxy {
    return this.surroundings.database;
  }

  get redis(): Program {
    return this.surroundings.redis;
  }

  get admin(): Credentials {
    return this.surroundings.admin;
  }

  get worker(): Credentials {
    return this.surroundings.worker;
  }

  /** Starts or restarts an instance. */
  async run(index: number): Promise<void> {
    const environment = { ...this.surroundings.settings, PORT: String(this.ports[index]) };
    this.instances[index] = await startService(environment);
  }

  /** @param origin of one instance; else nginx chooses */
  async ask(path: string, options: RequestOptions = {}, origin = this.nginx.url): Promise<ExcusedResponse> {
    const { databaseUnavailable, databaseIsGone, killing } = this;
    const response = await request(origin + path, options);
    const count = `${path.replace(/(clients)\/.*/, '$1/…')} ${response.status}`;
    this.counts.set(count, (this.counts.get(count) ?? 0) + 1);
    const mayBeCutOff = response.status === 502 && (killing || this.killing);
    const mayBeRefused = response.status === 503 && (databaseUnavailable || this.databaseUnavailable);
    if (mayBeRefused && !/^\d+$/.test(response.headers['retry-after'] ?? ''))
      throw new Error(`503 of ${path} without Retry-After`);
    const changedNothing = mayBeRefused && databaseIsGone && this.databaseIsGone;
    return { ...response, mayBeCutOff, mayBeRefused, changedNothing };
  }

  grant(client: Credentials, parameters: Readonly<Record<string, string>> = {}): Promise<ExcusedResponse> {
    const body = { grant_type: 'client_credentials', ...parameters };
    return this.ask('/oauth2/token', form(body, basicHeaders(client)));
  }

  verify(token: string, origin?: string): Promise<ExcusedResponse> {
    return this.ask('/verify', json({ token, aud: AUDIENCE }), origin);
  }

  async ready(): Promise<boolean> {
    for (const { url } of this.instances) {
      const { body } = await request(`${url}/health/ready`);
      if (body['status'] !== 'ok') return false;
    }
    return true;
  }

  /** Whether all instances count the requests of an IP address together: each leaves one less. */
  async limitsAreShared(localAddress: string): Promise<boolean> {
    const left: number[] = [];
    for (let index = 0; index < 2 * this.instances.length; index++) {
      const { headers } = await this.ask('/verify', { ...json({}), localAddress });
      left.push(Number(headers['ratelimit-remaining']));
    }
    return left.every((value, index) => index === 0 || value === Number(left[index - 1]) - 1);
  }

  /** @returns the routes and statuses since the last call, and how often each occurred */
  takeCounts(): string {
    const text = [...this.counts].toSorted().map(([name, count]) => `${name} ×${count}`);
    this.counts.clear();
    return text.join(', ');
  }
}

async function prepare(): Promise<Surroundings> {
  const server = await PrivateServer.setUp(POSTGRES_KIND);
  const url = server.url('127.0.0.1');
  await server.start(
    false,
    async () => (await failureOf(() => queryPostgres(url, 'SELECT 1'))) === undefined,
  );
  const database = await TcpProxy.before(url, 5432);
  const redis = await startRedis();
  const settings = {
    NODE_ENV: 'production',
    KEY_ENCRYPTION_KEY: 'key-of-the-instances-that-no-service-uses-0123456789',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    JWT_ALGORITHM: 'ES256|HS256',
    TRUST_PROXY: '127.0.0.1',
    RATE_LIMIT_MAX: '1000000',
  };
  const cwd = temporaryDirectory();
  return {
    settings,
    database,
    redis: redis.program,
    admin: await makeClient(cwd, settings, 'admin', ...ADMINISTRATOR_OPTIONS),
    worker: await makeClient(cwd, settings, 'worker', '--audience', AUDIENCE),
  };
}
