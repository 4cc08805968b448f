import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ADMINISTRATOR, makeClient, type TestClient } from '../../support/clients.js';
import { describeEachDatabase } from '../../support/databases.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { accessToken, introspect, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { until } from '../../support/until.js';

/** Milliseconds within which a revocation must reach every instance, by the contract. */
const SEEN = 2_000;

async function tokenState(service: RunningApp, token: string): Promise<unknown> {
  const { body } = await service.verify(token);
  return body['valid'] === true ? 'valid' : body['code'];
}

describeEachDatabase((database) => {
  let first: RunningApp;
  let second: RunningApp;
  let worker: TestClient;
  let admin: TestClient;
  let databaseUrl: string;
  const start = (): Promise<RunningApp> => RunningApp.start({ databaseUrl });
  beforeAll(async () => {
    databaseUrl = await database.url();
    first = await start();
    worker = await makeClient(first, 'worker', { audiences: ['logging-service'] });
    admin = await makeClient(first, 'admin', ADMINISTRATOR);
    second = await start();
  }, 20_000);
  afterAll(async () => {
    await first.stop();
    await second.stop();
    await database.close();
  }, 20_000);

  it('applies a revocation at once on its own instance, and within two seconds on the other', async () => {
    const [token, other] = [await accessToken(first, worker), await accessToken(first, worker)];
    expect(await tokenState(second, token)).toBe('valid');
    expect((await revoke(first, worker, token)).status).toBe(200);
    expect(await tokenState(first, token)).toBe('token_revoked');
    await until(async () => (await tokenState(second, token)) === 'token_revoked', SEEN);
    expect((await introspect(second, worker, token)).text).toBe('{"active":false}');
    expect(await tokenState(second, other)).toBe('valid');
  });

  it('accepts the same revocation on both instances at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 10 }, () => accessToken(second, worker)));
    const responses = await Promise.all(
      tokens.flatMap((token) => [revoke(first, worker, token), revoke(second, worker, token)]),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    for (const service of [first, second])
      for (const token of tokens) expect(await tokenState(service, token)).toBe('token_revoked');
  });

  it('keeps revocations after a restart of both, also for a token without client_id', async () => {
    const [workers, anonymous] = [
      await accessToken(first, worker),
      handMadeToken({ claims: { jti: 'foreign' } }),
    ];
    expect((await revoke(first, worker, workers)).status).toBe(200);
    expect((await revoke(second, admin, anonymous)).status).toBe(200);
    await first.stop();
    await second.stop();
    [first, second] = [await start(), await start()];
    for (const service of [first, second])
      for (const token of [workers, anonymous])
        expect(await tokenState(service, token)).toBe('token_revoked');
  });
});
