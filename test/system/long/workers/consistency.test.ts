import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { request } from '../../../support/http-request.js';
import { expectGracefulStop, ServiceWithClients, WORKERS } from '../../../support/several-workers.js';
import { until } from '../../../support/until.js';

const PATIENCE_MS = 60_000;
const only = (value: unknown): ReadonlySet<unknown> => new Set([value]);

describe('what one worker has confirmed holds on all workers at once', () => {
  it('for a revocation', async () => {
    const all = await ServiceWithClients.start();
    for (let round = 0; round < 150; round++) {
      const token = await all.grant();
      expect(await all.verdicts(token)).toEqual(only('valid'));
      await all.revoke(token);
      expect([round, await all.verdicts(token)]).toEqual([round, only('token_revoked')]);
    }
    // Otherwise only one worker was asked.
    await until(() => all.service.responsesBy.size === WORKERS, PATIENCE_MS);
    await expectGracefulStop(all.service);
  });

  it('for revocations that several callers make at once', async () => {
    const all = await ServiceWithClients.start();
    const caller = async (): Promise<void> => {
      for (let round = 0; round < 20; round++) {
        const token = await all.grant();
        await all.revoke(token);
        expect([round, await all.verdicts(token)]).toEqual([round, only('token_revoked')]);
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    await expectGracefulStop(all.service);
  });

  it('for a change of a client', async () => {
    const all = await ServiceWithClients.start();
    const { client } = all;
    for (let round = 0; round < 25; round++) {
      await all.administer('PATCH', '/admin/clients/worker', { disabled: true });
      expect([round, await all.statuses(client)]).toEqual([round, only(401)]);
      await all.administer('PATCH', '/admin/clients/worker', { disabled: false });
      expect([round, await all.statuses(client)]).toEqual([round, only(200)]);
      const secret = await all.administer('POST', '/admin/clients/worker/secrets');
      const second = { id: client.id, secret: String(secret['client_secret']) };
      expect([round, await all.statuses(second)]).toEqual([round, only(200)]);
      await all.administer('DELETE', `/admin/clients/worker/secrets/${String(secret['secret_id'])}`);
      expect([round, await all.statuses(second)]).toEqual([round, only(401)]);
    }
    await all.administer('DELETE', '/admin/clients/worker');
    expect(await all.statuses(client)).toEqual(only(401));
    await expectGracefulStop(all.service);
  });

  it('for the revocation of a key, after which the next one signs', async () => {
    const all = await ServiceWithClients.start();
    for (let round = 0; round < 5; round++) {
      const token = await all.grant();
      expect(await all.verdicts(token)).toEqual(only('valid'));
      await all.administer('POST', '/admin/keys/rotate', { algorithm: 'ES256', revoke: true });
      expect([round, await all.verdicts(token)]).toEqual([round, only('invalid_signature')]);
      expect([round, await all.verdicts(await all.grant())]).toEqual([round, only('valid')]);
    }
    await expectGracefulStop(all.service);
  });
});

describe('several workers', () => {
  it('add up their counters in /metrics, but not what all of them know', async () => {
    const all = await ServiceWithClients.start();
    const token = await all.grant();
    const count = 60;
    for (let index = 0; index < count; index++) await all.verify(token);
    for (let index = 0; index < 4; index++) {
      const { status, text } = await request(`${all.service.url}/metrics`);
      expect(status).toBe(200);
      const sample = (name: string): number =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${name} `))
            ?.split(' ')[1],
        );
      expect(sample('identity_verifications_total{code="valid"}')).toBe(count);
      const labels = 'method="POST",route="/verify",status="200"';
      expect(sample(`identity_http_request_duration_seconds_count{${labels}}`)).toBe(count);
      expect(sample('identity_clients')).toBe(2);
      expect(sample('identity_knowledge_age_seconds')).toBeLessThan(5);
    }
    await expectGracefulStop(all.service);
  });

  it('respond while one of them is killed, and its successor knows the revocations', async () => {
    const all = await ServiceWithClients.start();
    const { service } = all;
    const token = await all.grant();
    await all.revoke(token);
    const [victim = NaN] = service.workers;
    let [answered, cutOff] = [0, 0];
    let goesOn = true;
    const caller = async (): Promise<void> => {
      while (goesOn) {
        const response = await all.verify(token).catch(() => undefined);
        if (response) {
          expect([response.status, response.body['code']]).toEqual([401, 'token_revoked']);
          answered++;
        } else cutOff++;
        await delay(2);
      }
    };
    const load = Promise.all(Array.from({ length: 4 }, caller));
    await delay(500);
    process.kill(victim, 'SIGKILL');
    await until(() => service.workers.length === WORKERS + 1, 20_000, 'a third worker listens');
    const successor = service.workers.at(-1) ?? NaN;
    await until(() => service.responsesBy.has(successor), 10_000, 'the successor responds');
    goesOn = false;
    await load;
    expect(service.entries(/^a worker exited$/).map(({ worker }) => worker)).toContain(victim);
    console.log(`${answered} requests answered, ${cutOff} cut off by the end of their worker`);
    // At most those on their way to the process that was killed.
    expect(cutOff).toBeLessThanOrEqual(4);
    await expectGracefulStop(service);
  });
});
