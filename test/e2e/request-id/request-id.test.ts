import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VALID = { sub: 'user-42', aud: 'logging-service' };

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start();
});
beforeEach(() => service.captured.clear());
afterAll(() => service.stop());

async function idAfter(given: string): Promise<string | null> {
  return (await service.get('/ping', { 'x-request-id': given })).headers.get('x-request-id');
}

describe('X-Request-Id', () => {
  it.each(['a', 'trace-1.A_b', 'request-'.repeat(16)])('is kept if it is valid: %s', async (given) => {
    expect(await idAfter(given)).toBe(given);
  });

  it.each([`${'request-'.repeat(16)}x`, 'a b', 'a,b', '{"a":1}', 'a/b', 'a%0Ab', '"a"', 'a;b'])(
    'is replaced with a UUID if it is %s',
    async (given) => {
      expect(await idAfter(given)).toMatch(UUID);
    },
  );

  it('is a new UUID for each request without one or with two', async () => {
    const { headers } = await service.get('/ping');
    expect(headers.get('x-request-id')).toMatch(UUID);
    expect((await service.get('/ping')).headers.get('x-request-id')).not.toBe(headers.get('x-request-id'));
    const two = new Headers([
      ['x-request-id', 'a'],
      ['x-request-id', 'b'],
    ]);
    expect((await service.request('/ping', { headers: two })).headers.get('x-request-id')).toMatch(UUID);
  });

  it.each([
    ['200', () => service.post('/token', VALID, { 'x-request-id': 'id-1' })],
    ['400', () => service.postRaw('/token', '{', { 'x-request-id': 'id-1' })],
    ['401', () => service.post('/token', VALID, { 'x-request-id': 'id-1', authorization: 'Basic x' })],
    ['403', () => service.post('/token', { ...VALID, aud: 'identity-backend' }, { 'x-request-id': 'id-1' })],
    ['404', () => service.get('/no-such-route', { 'x-request-id': 'id-1' })],
    ['405', () => service.get('/token', { 'x-request-id': 'id-1' })],
    ['415', () => service.postRaw('/token', '{}', { 'x-request-id': 'id-1', 'content-encoding': 'gzip' })],
  ])('is in the response and in every log line of a %s', async (status, ask) => {
    const response = await ask();
    await service.get('/ping', { 'x-request-id': 'id-2' });
    expect(String(response.status)).toBe(status);
    expect(response.headers.get('x-request-id')).toBe('id-1');
    const lines = service.captured.lines.filter(({ reqId }) => reqId !== 'id-2');
    expect(lines).not.toEqual([]);
    expect(lines.filter(({ reqId }) => reqId !== 'id-1')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ status: Number(status) });
  });
});
