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
  it('answers exactly OK, as plain text', async () => {
    const { status, text, headers } = await service.get('/ping');
    expect({ status, text }).toEqual({ status: 200, text: 'OK' });
    expect(headers.get('content-type')).toMatch(/^text\/plain\b/);
  });

  it('needs no authentication, and does not look at what is sent', async () => {
    expect((await service.get('/ping', { authorization: 'Basic !' })).text).toBe('OK');
    expect((await service.get('/ping?a=1&a=2')).text).toBe('OK');
  });

  it('answers HEAD without a body', async () => {
    const { status, text } = await service.request('/ping', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
  });

  it('writes no line of the log at level info', async () => {
    await service.get('/ping');
    await service.get('/verify');
    const { lines } = service.captured;
    expect(lines.find(({ route }) => route === '/verify')).toBeDefined();
    expect(lines.filter(({ route, level }) => route === '/ping' && level >= LEVEL.info)).toEqual([]);
  });
});
