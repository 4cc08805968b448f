import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { basicHeaders, form, json } from '../support/http-request.js';
import { describeIfInstalled } from '../support/installed.js';
import { Passenger, PASSENGER_PROGRAMS } from '../support/passenger.js';
import { until } from '../support/until.js';

const SECRET = 'passenger-test-secret-that-no-service-uses-0123456789';
const PATIENCE_MS = 15_000;

describeIfInstalled('the service under Apache and Phusion Passenger', PASSENGER_PROGRAMS, () => {
  let passenger: Passenger;
  let isStopped = false;

  beforeAll(async () => {
    const settings = { JWT_SECRET_KEY: SECRET, TOKEN_ENDPOINT_AUTH: 'none', DEBUG_ENV: 'true' };
    passenger = await Passenger.start(settings);
  });
  afterAll(async () => {
    if (!isStopped) await passenger.stop();
  });

  const askToken = (sub: string, headers = {}): ReturnType<Passenger['request']> =>
    passenger.request('/token', json({ sub, aud: 'logging-service' }, headers));
  const verify = (token: unknown): ReturnType<Passenger['request']> =>
    passenger.request('/verify', json({ token, aud: 'logging-service' }));

  async function expectIssuedAndVerified(headers = {}): Promise<void> {
    const issued = await askToken('careergpt', headers);
    expect([issued.status, issued.text]).toEqual([200, expect.anything()]);
    expect(await verify(issued.body['token'])).toMatchObject({ status: 200, body: { valid: true } });
  }

  it('serves the requests of the original with TOKEN_ENDPOINT_AUTH=none', async () => {
    expect(await passenger.request('/ping')).toMatchObject({ status: 200, text: 'OK' });
    await expectIssuedAndVerified();
    expect(await passenger.request('/debug-env')).toMatchObject({
      status: 200,
      body: { JWT_SECRET_KEY: { set: true } },
    });
    expect((await passenger.request('/docs')).status).toBe(200);
  });

  it('issues tokens only to registered clients by default', async () => {
    passenger.settle({ JWT_SECRET_KEY: SECRET });
    const client = passenger.makeClient('careergpt');
    passenger.restart();
    const status = async (headers = {}): Promise<number> => (await askToken(client.id, headers)).status;
    await until(async () => (await status()) === 401, PATIENCE_MS, 'closed to anonymous callers');
    expect((await passenger.request('/debug-env')).status).toBe(404);
    const headers = basicHeaders(client);
    await until(async () => (await status(headers)) === 200, PATIENCE_MS, 'the client is known');
    await expectIssuedAndVerified(headers);
  });

  it('loses no request when tmp/restart.txt restarts it under load', async () => {
    const client = passenger.makeClient('under-load');
    await delay(2_000);
    const before = passenger.processesBehind('/token');
    const end = Date.now() + 12_000;
    let answered = 0;
    const failures: string[] = [];
    const caller = async (): Promise<void> => {
      while (Date.now() < end) {
        const { status, text } = await askToken(client.id, basicHeaders(client)).catch((error: unknown) => ({
          status: 0,
          text: String(error),
        }));
        answered++;
        if (status !== 200) failures.push(`${status} ${text.slice(0, 200)}`);
        await delay(5);
      }
    };
    const callers = Array.from({ length: 10 }, caller);
    for (const pause of [2_000, 3_000]) {
      await delay(pause);
      passenger.restart();
    }
    await Promise.all(callers);
    expect(failures).toEqual([]);
    const after = [...passenger.processesBehind('/token')].filter((pid) => !before.has(pid));
    console.log(`${answered} requests answered, by ${after.length} new processes`);
    expect(after).not.toEqual([]);
  });

  it('shares revocations between two processes', async () => {
    const client = passenger.makeClient('revoking');
    const headers = basicHeaders(client);
    await delay(2_000);
    const grant = form({ grant_type: 'client_credentials' }, headers);
    const issued = await passenger.request('/oauth2/token', grant);
    expect([issued.status, issued.text]).toEqual([200, expect.anything()]);
    const token = String(issued.body['access_token']);
    expect((await passenger.request('/oauth2/revoke', form({ token }, headers))).status).toBe(200);
    const revokedAt = Date.now();
    await delay(2_000);
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => verify(token)));
    expect(new Set(verdicts.map(({ body }) => body['code']))).toEqual(new Set(['token_revoked']));
    expect(Date.now() - revokedAt).toBeLessThan(10_000);
    expect(passenger.processesBehind('/verify').size).toBeGreaterThanOrEqual(2);
  });

  it('writes no secret and no token to the log of Passenger', () => {
    expect(passenger.log).not.toContain(SECRET);
    expect(passenger.log).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/);
  });

  it('stops gracefully with Apache', async () => {
    await passenger.stop();
    isStopped = true;
    const stopping = /"signal":"Passenger","msg":"stopping"/;
    await until(() => stopping.test(passenger.log), PATIENCE_MS, 'the service received the stop');
  });
});
