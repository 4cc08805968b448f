import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SyncLoop } from '../../../src/sync/sync-loop.js';
import { LEVEL, type LogLine } from '../../support/captured-log.js';
import { Administrator, makeClient } from '../../support/clients.js';
import { accessToken, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

let service: RunningApp;
beforeEach(async () => {
  service = await RunningApp.start({ algorithms: ['ES256', 'HS256'] });
});
afterEach(() => service.stop());

/** The value of a sample by name and labels, `undefined` if it is missing; a result is cached for a second. */
async function sample(name: string): Promise<number | undefined> {
  const { text } = await service.get('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

const keyAge = (purpose: string): Promise<number | undefined> =>
  sample(`identity_signing_key_age_seconds{purpose="${purpose}"}`);

describe('the metrics of the state of the service', () => {
  it('count registered clients', async () => {
    expect(await sample('identity_clients')).toBe(0);
    const admin = await Administrator.of(service);
    await makeClient(service, 'worker', { audiences: ['a'] });
    service.clock.advance(1);
    expect(await sample('identity_clients')).toBe(2);
    await admin.remove('worker');
    service.clock.advance(1);
    expect(await sample('identity_clients')).toBe(1);
  });

  it('count each revoked token once, until it expires', async () => {
    const client = await makeClient(service, 'worker', { audiences: ['a'] });
    const tokens = [await accessToken(service, client), await accessToken(service, client)];
    expect(await sample('identity_revoked_tokens')).toBe(0);
    for (const token of [...tokens, ...tokens]) await revoke(service, client, token);
    service.clock.advance(1);
    expect(await sample('identity_revoked_tokens')).toBe(2);
    expect(await sample('identity_revocations_total')).toBe(2);
    service.clock.advance(1_000);
    await until(async () => (await sample('identity_revoked_tokens')) === 0, 15_000);
    expect(await sample('identity_revocations_total')).toBe(2);
  });

  it('show the seconds since the last sync with the database', async () => {
    service.app.get(SyncLoop).stop();
    expect(await sample('identity_knowledge_age_seconds')).toBe(0);
    service.clock.advance(12.5);
    expect(await sample('identity_knowledge_age_seconds')).toBe(12.5);
  });

  it('show for how long each generated key has signed', async () => {
    const before = Number(await keyAge('ES256'));
    expect(await keyAge('administration')).toBeUndefined();
    service.clock.advance(3_600);
    expect(Number(await keyAge('ES256')) - before).toBe(3_600);
    await Administrator.of(service);
    await until(async () => (await keyAge('administration')) !== undefined, 15_000);
  });

  it('show when the next secret of an enabled client expires, and the log names it', async () => {
    const metric = 'identity_client_secret_expires_seconds';
    const admin = await Administrator.of(service);
    await makeClient(service, 'worker', { audiences: ['a'] });
    expect(await sample(metric)).toBeUndefined();
    service.clock.advance(1);
    const inDays = (days: number): string =>
      new Date(service.clock.now() + days * 24 * 3_600_000).toISOString();
    const { body } = await admin.addSecret('worker', { expires_at: inDays(10) });
    expect(await sample(metric)).toBe(10 * 24 * 3_600);
    service.clock.advance(24 * 3_600);
    expect(await sample(metric)).toBe(9 * 24 * 3_600);
    const warned = (): LogLine[] =>
      service.captured.lines.filter(({ msg }) => msg === 'a secret of a client expires soon');
    await until(() => warned().length > 0, 15_000);
    const { secret_id } = body;
    expect(warned()).toEqual([
      expect.objectContaining({ level: LEVEL.warn, client: 'worker', secret_id, expires_at: inDays(9) }),
    ]);
    await service.catchUp();
    await admin.update('worker', { disabled: true });
    service.clock.advance(1);
    expect(await sample(metric)).toBeUndefined();
  });

  it('show the event loop lag, the memory and the CPU time of the process', async () => {
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
    ])
      expect([name, Number(await sample(name)) >= 0]).toEqual([name, true]);
  });
});
