import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios, { type AxiosInstance, AxiosError } from 'axios';
import { NumberedTokens } from '../../support/numbered-tokens.js';
import { RefusingService } from '../../support/refusing-service.js';

const LOGS = { audience: 'logging-service' };

let service: RefusingService;
let tokens: NumberedTokens;
let http: AxiosInstance;
beforeEach(async () => {
  service = await RefusingService.start();
  tokens = new NumberedTokens();
  http = tokens.client.useWithAxios(axios.create({ baseURL: service.origin }), LOGS);
});
afterEach(() => service.stop());

function formOf(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const failureOf = (request: Promise<unknown>): Promise<AxiosError> =>
  request.then(
    () => Promise.reject(new Error('There was a response')),
    (cause: unknown) => cause as AxiosError,
  );

/** All that a log could show: `console.log` inspects an error to a depth of 2. */
const logOf = (value: unknown): string => inspect(value, { depth: null });

describe('useWithAxios', () => {
  it('sends the token, and leaves the rest of the request unchanged', async () => {
    const response = await http.post<unknown>(
      '/log',
      { a: 1 },
      { headers: { 'x-own': '1' }, params: { b: 2 } },
    );
    expect([response.status, response.data]).toEqual([200, { token: 'token-1' }]);
    expect(service.received).toMatchObject([
      {
        url: '/log?b=2',
        body: '{"a":1}',
        headers: { 'x-own': '1', 'content-type': 'application/json' },
      },
    ]);
  });

  it.each(['xhr', 'http', 'fetch'])('sends the token with adapters by name (%s first)', async (adapter) => {
    const response = await http.get<unknown>('/', { adapter: [adapter, 'http'] });
    expect(response.data).toEqual({ token: 'token-1' });
  });

  it('replaces an Authorization header, and keeps the token out of a log of the response', async () => {
    const response = await http.get<unknown>('/', { headers: { authorization: 'Basic x' } });
    expect(service.tokens).toEqual(['token-1']);
    response.data = undefined;
    expect(logOf(response)).not.toContain('token-1');
    expect(response.request).toMatchObject({ path: '/' });
  });

  it('keeps the token out of a log of an error without a response', async () => {
    await service.stop();
    const error = await failureOf(http.get('/'));
    service = await RefusingService.start();
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.request).toBeDefined();
    expect(logOf(error)).not.toContain('token-1');
  });

  it('does not send a default header that an interceptor removed', async () => {
    http.defaults.headers.common['x-default'] = '1';
    http.interceptors.request.use((config) => {
      config.headers.delete('x-default');
      return config;
    });
    await http.get('/');
    expect(service.received[0]?.headers).not.toHaveProperty('x-default');
  });

  it('uses one token for concurrent requests', async () => {
    await Promise.all(Array.from({ length: 20 }, () => http.get('/')));
    expect([tokens.issued, service.received.length]).toEqual([1, 20]);
  });

  it('rejects with TokenUnavailableError if there is no token, and sends nothing', async () => {
    tokens.isAvailable = false;
    const error = await failureOf(http.get('/'));
    expect(error).toMatchObject({ name: 'TokenUnavailableError', code: 'issuer_unreachable' });
    expect(service.received).toEqual([]);
  });

  it.each([301, 400, 403, 500])('rejects with a response of %d as axios does', async (status) => {
    const adapter = (config: object): Promise<never> =>
      Promise.reject(
        Object.assign(new Error('refused'), { config, response: { status, config, headers: {} } }),
      );
    const error = await failureOf(http.get('/', { adapter: adapter as never }));
    expect(error.response?.status).toBe(status);
    expect(JSON.stringify([error.config, error.response?.config])).not.toContain('token-1');
  });

  it('does not send the token after a redirect to another origin', async () => {
    const other = await RefusingService.start();
    await http.get('/', { params: { redirect: other.origin } });
    await other.stop();
    expect([service.tokens, other.tokens]).toEqual([['token-1'], [undefined]]);
  });
});

describe('useWithAxios after a 401', () => {
  it('sends the request once more with a new token', async () => {
    service.refused = ['token-1'];
    const response = await http.post<unknown>('/log', { a: 1 });
    expect([response.status, response.data]).toEqual([200, { token: 'token-2' }]);
    expect(service.received.map(({ token, body }) => [token, body])).toEqual([
      ['token-1', '{"a":1}'],
      ['token-2', '{"a":1}'],
    ]);
  });

  it('rejects with the second 401, and keeps the tokens out of a log of the error', async () => {
    service.refused = 'all';
    const error = await failureOf(http.get('/'));
    expect(error).toBeInstanceOf(AxiosError);
    expect([error.response?.status, error.response?.data]).toEqual([401, 'expired']);
    expect(service.tokens).toEqual(['token-1', 'token-2']);
    expect(error.request).toMatchObject({ path: '/' });
    expect(JSON.stringify(error) + logOf(error)).not.toMatch(/token-\d/);
  });

  it('resolves with the second 401 if validateStatus accepts it', async () => {
    service.refused = 'all';
    const response = await http.get('/', { validateStatus: () => true });
    expect([response.status, service.tokens]).toEqual([401, ['token-1', 'token-2']]);
  });

  it('requests no third token for 30 seconds', async () => {
    service.refused = 'all';
    await failureOf(http.get('/'));
    await failureOf(http.get('/'));
    expect([tokens.issued, service.tokens]).toEqual([2, ['token-1', 'token-2', 'token-2']]);
    tokens.clock.advance(30);
    await failureOf(http.get('/'));
    expect(tokens.issued).toBe(3);
  });

  it('requests one new token for concurrent requests', async () => {
    await http.get('/');
    service.refused = ['token-1'];
    await Promise.all(Array.from({ length: 20 }, () => http.get('/')));
    expect(tokens.issued).toBe(2);
  });

  it('does not send a stream again, but drops the token', async () => {
    service.refused = ['token-1'];
    const error = await failureOf(http.post('/', Readable.from(['a', 'b'])));
    expect([error.response?.status, service.tokens]).toEqual([401, ['token-1']]);
    await http.get('/');
    expect(service.tokens).toEqual(['token-1', 'token-2']);
  });

  it.each<[string, unknown, string]>([
    ['a Buffer', Buffer.from('a=1'), 'a=1'],
    ['URLSearchParams', new URLSearchParams({ a: '1' }), 'a=1'],
    ['FormData', formOf({ a: '1' }), 'name="a"'],
  ])('sends %s again', async (_name, body, words) => {
    service.refused = ['token-1'];
    await http.post('/', body);
    expect(service.received).toHaveLength(2);
    expect(service.received.every((each) => each.body.includes(words))).toBe(true);
  });

  it('rejects with the 401 if the issuer is unavailable', async () => {
    await http.get('/');
    service.refused = 'all';
    tokens.isAvailable = false;
    const error = await failureOf(http.get('/'));
    expect([error.response?.status, error.response?.data]).toEqual([401, 'expired']);
    expect(service.tokens).toEqual(['token-1', 'token-1']);
  });

  it('closes the stream of a response that it does not return', async () => {
    service.refused = ['token-1'];
    service.refusal = 'x'.repeat(1024 * 1024);
    const { data } = await http.get<Readable>('/', { responseType: 'stream' });
    expect(await data.toArray()).toEqual([Buffer.from('{"token":"token-2"}')]);
  });

  it('runs interceptors and transformations once', async () => {
    service.refused = ['token-1'];
    const calls: string[] = [];
    const note =
      (name: string) =>
      <T>(value: T): T => (calls.push(name), value);
    http.interceptors.request.use(note('request'));
    http.interceptors.response.use(note('response'));
    await http.post('/', 'a', { transformRequest: [note('out')], transformResponse: [note('in')] });
    expect(calls).toEqual(['request', 'out', 'in', 'response']);
  });

  it('sends each repetition of a library that repeats requests at most twice', async () => {
    service.refused = 'all';
    const error = await failureOf(http.get('/'));
    tokens.clock.advance(30);
    await failureOf(http.request(error.config ?? {}));
    expect(service.tokens).toEqual(['token-1', 'token-2', 'token-2', 'token-3']);
  });
});
