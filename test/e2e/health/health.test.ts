import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'required' });
});
afterAll(() => service.stop());

describe('health', () => {
  it('/health/live answers while the process does', async () => {
    const { status, body } = await service.get('/health/live');
    expect({ status, state: body['status'] }).toEqual({ status: 200, state: 'ok' });
  });

  it('/health/ready says that the signing key works', async () => {
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
