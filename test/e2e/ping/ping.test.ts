import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LEVEL } from '../../support/captured-log.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'required' });
});
beforeEach(() => service.captured.clear());
afterAll(() => service.stop());

describe('GET /ping', () => {
  it('returns exactly OK as text/plain', async () => {
    const { status, text, headers } = await service.get('/ping');
    expect({ status, text }).toEqual({ status: 200, text: 'OK' });
    expect(headers.get('content-type')).toMatch(/^text\/plain\b/);
  });

  it('ignores the Authorization header and the query', async () => {
    expect((await service.get('/ping', { authorization: 'Basic !' })).text).toBe('OK');
    expect((await service.get('/ping?a=1&a=2')).text).toBe('OK');
  });

  it('returns 200 without a body for HEAD', async () => {
    const { status, text } = await service.request('/ping', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
  });

  it('is not logged at level info or above', async () => {
    await service.get('/ping');
    await service.get('/verify');
    const { lines } = service.captured;
    expect(lines.find(({ route }) => route === '/verify')).toBeDefined();
    expect(lines.filter(({ route, level }) => route === '/ping' && level >= LEVEL.info)).toEqual([]);
  });
});
