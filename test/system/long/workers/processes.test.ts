import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BuiltService, startService } from '../../../support/built-service.js';
import { halfRequest } from '../../../support/half-request.js';
import { request } from '../../../support/http-request.js';
import { isRunning, within } from '../../../support/program.js';
import {
  expectGracefulStop,
  startWorkers,
  WORKER_SETTINGS,
  WORKERS,
} from '../../../support/several-workers.js';
import { until } from '../../../support/until.js';

const halfRequests = (service: BuiltService): Promise<unknown> =>
  Promise.all(Array.from({ length: 4 }, () => halfRequest(service.url)));

/** How a service that must not start exits, once none of its processes is left. */
async function refusal(
  environment: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<readonly [code: unknown, text: string]> {
  const service = new BuiltService({ cwd, environment: { ...WORKER_SETTINGS, ...environment } });
  const code = await within(service.ended, 'the refusal', 20_000);
  const pids = new Set(service.entries(/./).map(({ pid }) => Number(pid)));
  await until(() => ![...pids].some(isRunning), 5_000, 'no worker is left');
  return [code, service.text];
}

describe('a service with several workers', () => {
  it('completes requests on every worker and exits 0 on SIGTERM', async () => {
    await expectGracefulStop(await startWorkers());
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('does the same on %s to the process group', async (signal) => {
    const service = await startWorkers();
    await expectGracefulStop(service, () => service.killGroup(signal));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at once on a second %s', async (signal) => {
    const service = await startWorkers();
    const pids = [service.pid, ...service.workers];
    await halfRequests(service);
    await delay(300);
    service.kill(signal);
    await service.logged(/^stopping$/);
    // Within a second it would count as the same signal.
    await delay(1_300);
    service.kill(signal);
    expect(await within(service.ended, 'the end', 5_000)).toBe(1);
    await until(() => !pids.some(isRunning), 5_000, 'no process is left');
  });

  it('ends within 12 seconds of SIGTERM if requests never end', async () => {
    const service = await startWorkers();
    await halfRequests(service);
    await delay(300);
    const begun = Date.now();
    service.kill('SIGTERM');
    const code = await within(service.ended, 'the end', 20_000);
    console.log(`exit ${code} after ${Date.now() - begun} ms`);
    expect(Date.now() - begun).toBeLessThan(12_000);
  });

  it('leaves no worker behind if its primary process is killed', async () => {
    const service = await startWorkers();
    const { workers } = service;
    expect(workers).toHaveLength(WORKERS);
    process.kill(service.pid, 'SIGKILL');
    await until(() => !workers.some(isRunning), 5_000, 'no worker is left');
  });
});

describe('a service does not start, and leaves no process', () => {
  it.each(['1', '2'])('if the port is in use, with %s workers', async (workers) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      expect(await refusal({ PORT: String(port), WORKERS: workers })).toEqual([
        1,
        expect.stringMatching(/another program uses this port/),
      ]);
    } finally {
      server.close();
    }
  });

  it.each([
    { WORKERS: '0' },
    { WORKERS: 'two' },
    { RATE_LIMIT_MAX: '-1' },
    { DATABASE_URL: 'sqlite::memory:' },
  ])('but exits 78 with %j', async (environment) => {
    expect(await refusal(environment)).toEqual([78, expect.anything()]);
  });

  it('but exits 78 if a worker cannot decrypt the keys in the database', async () => {
    const first = await startWorkers({ KEY_ENCRYPTION_KEY: 'a'.repeat(32) });
    await expectGracefulStop(first);
    expect(await refusal({ KEY_ENCRYPTION_KEY: 'b'.repeat(32) }, first.cwd)).toEqual([78, expect.anything()]);
  });
});

describe('a process of the service', () => {
  it.each([
    ['uncaught', `throw new Error('marker')`],
    ['unhandled', `Promise.reject(new Error('marker'))`],
  ])('logs an %s error, and exits 1', async (message, fault) => {
    const script = `setTimeout(() => { ${fault} }, 4000)`;
    const service = await startService({
      ...WORKER_SETTINGS,
      WORKERS: '1',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
    });
    expect(await within(service.ended, 'the end', 15_000)).toBe(1);
    const [entry] = service.entries(new RegExp(`^${message}$`));
    expect(entry).toMatchObject({ level: 60, err: { message: 'marker' } });
  });

  it('stops even if nothing reads its log', async () => {
    const service = await startService({ ...WORKER_SETTINGS, WORKERS: '1' });
    service.child.stdout?.removeAllListeners('data').pause();
    for (let index = 0; index < 1_500; index++) await request(`${service.url}/nothing`);
    service.kill('SIGTERM');
    await within(once(service.child, 'exit'), 'the end', 15_000);
  });
});
