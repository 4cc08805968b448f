import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, type Dispatcher, fetch, interceptors, MockAgent, request, stream } from 'undici';
import { NumberedTokens } from '../../support/numbered-tokens.js';
import { RefusingService } from '../../support/refusing-service.js';

const LOGS = { audience: 'logging-service' };
type Headers = NonNullable<Dispatcher.DispatchOptions['headers']>;

let service: RefusingService;
let tokens: NumberedTokens;
let agent: Agent;
let dispatcher: Dispatcher;
beforeEach(async () => {
  service = await RefusingService.start();
  tokens = new NumberedTokens();
  agent = new Agent();
  dispatcher = agent.compose(tokens.client.undiciInterceptor(LOGS));
});
afterEach(async () => {
  await agent.destroy();
  await service.stop();
});

const post = (body: string | Buffer | Readable): Promise<Dispatcher.ResponseData> =>
  request(service.origin, { dispatcher, method: 'POST', body });
const get = (): Promise<Dispatcher.ResponseData> => request(service.origin, { dispatcher });

describe('undiciInterceptor', () => {
  it.each<[string, Headers]>([
    ['an object', { 'x-own': '1', Authorization: 'Basic x' }],
    ['names and values in turn', ['x-own', '1', 'AUTHORIZATION', 'Basic x']],
    [
      'pairs',
      new Map([
        ['x-own', '1'],
        ['authorization', 'Basic x'],
      ]),
    ],
    ['Headers', new globalThis.Headers({ 'x-own': '1', authorization: 'Basic x' })],
  ])('sends the token with headers as %s, and replaces Authorization', async (_name, headers) => {
    const { body } = await request(service.origin, { dispatcher, headers });
    expect(await body.json()).toEqual({ token: 'token-1' });
    expect(service.received).toMatchObject([{ token: 'token-1', headers: { 'x-own': '1' } }]);
  });

  it('sends the token without other headers, and several values of one', async () => {
    await get();
    await request(service.origin, { dispatcher, headers: ['x-own', '1', 'x-own', '2'] });
    expect(service.received[1]?.headers['x-own']).toBe('1, 2');
    expect(service.tokens).toEqual(['token-1', 'token-1']);
  });

  it('uses one token for concurrent requests', async () => {
    await Promise.all(Array.from({ length: 20 }, get));
    expect([tokens.issued, service.received.length]).toEqual([1, 20]);
  });

  it('sends the token of fetch', async () => {
    const response = await fetch(service.origin, { dispatcher });
    expect(await response.json()).toEqual({ token: 'token-1' });
  });

  it('rejects with TokenUnavailableError if there is no token, and sends nothing', async () => {
    tokens.isAvailable = false;
    await expect(get()).rejects.toMatchObject({ name: 'TokenUnavailableError', code: 'issuer_unreachable' });
    await expect(fetch(service.origin, { dispatcher })).rejects.toMatchObject({
      cause: { name: 'TokenUnavailableError' },
    });
    expect(service.received).toEqual([]);
  });

  it('does not send the token after a redirect to another origin, if redirect() precedes it', async () => {
    const other = await RefusingService.start();
    const redirecting = agent.compose(
      interceptors.redirect({ maxRedirections: 1 }),
      tokens.client.undiciInterceptor(LOGS),
    );
    await request(`${service.origin}/?redirect=${other.origin}`, { dispatcher: redirecting });
    await other.stop();
    expect([service.tokens, other.tokens]).toEqual([['token-1'], [undefined]]);
  });
});

describe('undiciInterceptor after a 401', () => {
  it.each<[string, () => string | Buffer, string]>([
    ['a text', () => 'a=1', 'a=1'],
    ['a Buffer', () => Buffer.from('a=1'), 'a=1'],
    ['an empty text', () => '', ''],
  ])('sends %s once more with a new token', async (_name, body, text) => {
    service.refused = ['token-1'];
    const response = await post(body());
    expect([response.statusCode, await response.body.json()]).toEqual([200, { token: 'token-2' }]);
    expect(service.received.map((each) => [each.token, each.body])).toEqual([
      ['token-1', text],
      ['token-2', text],
    ]);
  });

  it('returns the second 401 with its body', async () => {
    service.refused = 'all';
    const { statusCode, body } = await get();
    expect([statusCode, await body.text()]).toEqual([401, 'expired']);
    expect(service.tokens).toEqual(['token-1', 'token-2']);
  });

  it('requests no third token for 30 seconds', async () => {
    service.refused = 'all';
    await (await get()).body.dump();
    const { statusCode, body } = await get();
    expect([statusCode, await body.text(), tokens.issued]).toEqual([401, 'expired', 2]);
    tokens.clock.advance(30);
    await get();
    expect(tokens.issued).toBe(3);
  });

  it('requests one new token for concurrent requests', async () => {
    await get();
    service.refused = ['token-1'];
    await Promise.all(Array.from({ length: 20 }, get));
    expect(tokens.issued).toBe(2);
  });

  it('rejects if the caller throws while it handles a refusal', async () => {
    service.refused = 'all';
    const options = { dispatcher, method: 'GET' as const };
    for (let times = 0; times < 3; times++) {
      const failing = stream(service.origin, options, ({ statusCode }) => {
        throw new Error(`status ${statusCode}`);
      });
      await expect(failing).rejects.toThrow('status 401');
    }
  });

  it('does not send a stream again, but drops the token', async () => {
    service.refused = ['token-1'];
    const { statusCode, body } = await post(Readable.from(['a', 'b']));
    expect([statusCode, await body.text(), service.tokens]).toEqual([401, 'expired', ['token-1']]);
    expect((await get()).statusCode).toBe(200);
  });

  it.each([0, 7, 100_000, 1024 * 1024])(
    'returns the 401 with its body of %d bytes if the issuer is unavailable',
    async (length) => {
      await get();
      service.refused = 'all';
      service.refusal = 'x'.repeat(length);
      tokens.isAvailable = false;
      const { statusCode, body } = await get();
      expect([statusCode, (await body.text()).length]).toEqual([401, length]);
      expect(service.tokens).toEqual(['token-1', 'token-1']);
    },
  );

  it.each([0, 7, 1024 * 1024])('reads little of a refusal of %d bytes, and sends again', async (length) => {
    service.refused = ['token-1'];
    service.refusal = 'x'.repeat(length);
    const { statusCode, body } = await get();
    expect([statusCode, await body.json()]).toEqual([200, { token: 'token-2' }]);
  });

  it('sends a fetch without a body again', async () => {
    service.refused = ['token-1'];
    expect((await fetch(service.origin, { dispatcher })).status).toBe(200);
  });

  it('rejects with the reason of the caller who aborts', async () => {
    await expect(
      request(service.origin, { dispatcher, signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late');
    expect(service.received).toEqual([]);
  });

  it('rejects if the service is unavailable', async () => {
    const { origin } = service;
    await service.stop();
    await expect(request(origin, { dispatcher })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    service = await RefusingService.start();
  });

  it('works with MockAgent, which does not wait for a paused response', async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    const pool = mock.get('https://logs.example');
    const isFirst = (value: string): boolean => value === 'Bearer token-1';
    pool.intercept({ path: '/', headers: { authorization: isFirst } }).reply(401, 'expired');
    pool.intercept({ path: '/' }).reply(200, 'fine');
    const mocked = mock.compose(tokens.client.undiciInterceptor(LOGS));
    const { statusCode, body } = await request('https://logs.example/', { dispatcher: mocked });
    expect([statusCode, await body.text()]).toEqual([200, 'fine']);
    await mock.close();
  });
});
