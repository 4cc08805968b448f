import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenService } from '../../../src/token/token.service.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'required' });
});
afterAll(() => service.stop());

describe('health', () => {
  it('GET /health/live returns 200 and the status ok', async () => {
    const { status, body } = await service.get('/health/live');
    expect({ status, state: body['status'] }).toEqual({ status: 200, state: 'ok' });
  });

  it('GET /health/ready returns 200 and shows that the signing key is up', async () => {
    const { status, body } = await service.get('/health/ready');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { signing_key: { status: 'up' } } },
    });
  });

  it.each(['/health', '/health/', '/health/other'])('%s is not a route', async (path) => {
    expect((await service.get(path)).body['code']).toBe('not_found');
  });
});

describe('GET /health/ready', () => {
  it('checks the signing key at most once a second for all requests', async () => {
    const app = await RunningApp.start({ algorithms: ['RS256'] });
    const tokens = app.app.get(TokenService);
    const canSign = tokens.canSign.bind(tokens);
    let checks = 0;
    tokens.canSign = () => {
      checks++;
      return canSign();
    };
    const ask = (): Promise<number[]> =>
      Promise.all(Array.from({ length: 20 }, async () => (await app.get('/health/ready')).status));
    expect(await ask()).toEqual(Array(20).fill(200));
    expect(await ask()).toEqual(Array(20).fill(200));
    expect(checks).toBe(1);
    app.clock.advance(1);
    await ask();
    expect(checks).toBe(2);
    await app.stop();
  });

  it('returns 503 within a second of a failure, with one check for all requests', async () => {
    const app = await RunningApp.start();
    const tokens = app.app.get(TokenService);
    expect((await app.get('/health/ready')).status).toBe(200);
    let checks = 0;
    tokens.canSign = () => {
      checks++;
      return Promise.resolve(false);
    };
    app.clock.advance(1);
    const responses = await Promise.all(Array.from({ length: 20 }, () => app.get('/health/ready')));
    for (const { status, body } of responses)
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'unavailable' });
    expect(checks).toBe(1);
    app.clock.advance(60);
    await app.stop();
  });
});
