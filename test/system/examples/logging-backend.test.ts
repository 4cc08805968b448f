import { beforeAll, describe, expect, it } from '@jest/globals';
import { TestIssuer, TOKEN_FAULTS, type TokenFault } from '../../../src/testing/index.js';
import { REFUSAL_MESSAGES } from '../../../src/jwt/verification-result.js';
import { SERVICE_SECRET } from '../../support/built-service.js';
import { describeEachDatabase } from '../../support/databases.js';
import { ExampleApp, expectRefused, LOG_LINE, stopWithoutTokens } from '../../support/example-app.js';
import { bearerHeaders, json, type ReceivedResponse, request } from '../../support/http-request.js';
import { within } from '../../support/program.js';

const issuer = new TestIssuer({
  issuer: 'identity-backend',
  audience: 'logging-service',
  algorithm: 'HS256',
  secret: SERVICE_SECRET,
});
const SHARED_SECRET = { JWT_SECRET_KEY: SERVICE_SECRET };

let folder: string;

beforeAll(() => {
  folder = ExampleApp.build('logging-backend');
}, 300_000);

describe('logging-backend', () => {
  let logging: ExampleApp;

  beforeAll(async () => {
    logging = await ExampleApp.start(folder, SHARED_SECRET);
  });

  it('accepts a valid token', async () => {
    const headers = bearerHeaders(await issuer.token());
    expect((await request(`${logging.url}/logs`, { headers })).status).toBe(200);
  });

  it.each(Object.entries(TOKEN_FAULTS))('rejects a token with the fault %s: %s', async (fault, code) => {
    await expectRefused(logging, await issuer.badToken(fault as TokenFault), REFUSAL_MESSAGES[code], code);
  });

  it('rejects a string that is not a token', async () => {
    await expectRefused(logging, 'no-token', 'Invalid token', 'malformed_token');
  });

  it.each(['/logs', '/logs/download'])('requires a token for GET %s', async (path) => {
    expect(await request(logging.url + path)).toMatchObject({
      status: 401,
      body: { error: 'Missing bearer token' },
      headers: { 'www-authenticate': 'Bearer realm="logging-service"' },
    });
  });

  it.each(['/log', '/logs/purge'])('requires a token for POST %s', async (path) => {
    expect((await request(logging.url + path, json(LOG_LINE))).status).toBe(401);
  });

  it('serves /ping and /debug-env without a token', async () => {
    expect((await request(`${logging.url}/ping`)).text).toBe('OK');
    expect((await request(`${logging.url}/debug-env`)).status).toBe(200);
  });

  it('has written no token to its log', async () => {
    await stopWithoutTokens(logging);
  });

  it('returns 404 for /debug-env in production', async () => {
    const production = await ExampleApp.start(folder, { ...SHARED_SECRET, NODE_ENV: 'production' });
    const headers = bearerHeaders(await issuer.token());
    expect((await request(`${production.url}/debug-env`, { headers })).status).toBe(404);
    await stopWithoutTokens(production);
  });

  it.each([
    { JWT_SECRET_KEY: 'too-short-marker' },
    { JWT_ISSUER: 'no-url-marker' },
    { JWT_SECRET_KEY: SERVICE_SECRET, LOG_DB_URL: 'oracle://user:password-marker@host/db' },
    { JWT_SECRET_KEY: SERVICE_SECRET, JWT_ALGORITHM: 'none' },
  ])('exits 1 with %j, without printing the value', async (environment) => {
    const refused = ExampleApp.refused(folder, environment);
    expect([await within(refused.ended, 'the refusal'), refused.text]).toEqual([1, expect.anything()]);
    expect(refused.text).not.toMatch(/marker/);
  });
});

describeEachDatabase(
  (database) => {
    let logging: ExampleApp;
    let token: string;

    const write = (body: unknown): Promise<ReceivedResponse> =>
      request(`${logging.url}/log`, json(body, bearerHeaders(token)));
    const get = (path: string): Promise<ReceivedResponse> =>
      request(logging.url + path, { headers: bearerHeaders(token) });
    const logsOf = ({ body }: ReceivedResponse): readonly Readonly<Record<string, unknown>>[] =>
      body['logs'] as readonly Readonly<Record<string, unknown>>[];

    beforeAll(async () => {
      const url = database.name === 'SQLite' ? {} : { LOG_DB_URL: await database.url() };
      logging = await ExampleApp.start(folder, { ...SHARED_SECRET, ...url });
      token = await issuer.token({ sub: 'writer' });
    });

    it.each(['service', 'level', 'message'])('logging-backend rejects a line without %s', async (name) => {
      for (const value of [undefined, null, '']) {
        const { status, body } = await write({ ...LOG_LINE, [name]: value });
        const missing = { error: 'Missing required fields', code: 'invalid_request' };
        expect([value, status, body]).toEqual([value, 400, missing]);
      }
    });

    const deep = JSON.parse('{"a":'.repeat(17) + '1' + '}'.repeat(17)) as object;
    it.each<[name: string, body: unknown, words: RegExp]>([
      ['a service of 256 characters', { ...LOG_LINE, service: 'x'.repeat(256) }, /^service must/],
      ['an unknown level', { ...LOG_LINE, level: 'not a level' }, /^level must/],
      ['a number as message', { ...LOG_LINE, message: 1 }, /^message must/],
      ['NUL', { ...LOG_LINE, message: 'a\0b' }, /NUL/],
      ['a lone surrogate', { ...LOG_LINE, message: '\ud800' }, /Unicode/],
      ['an array as context', { ...LOG_LINE, context: [] }, /^context must/],
      ['a deeply nested context', { ...LOG_LINE, context: deep }, /^context must/],
      ['an array', [], /^Missing required fields$/],
    ])('logging-backend rejects %s', async (_name, body, words) => {
      expect(await write(body)).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(words) as unknown },
      });
    });

    it('logging-backend rejects a line over 64 KiB', async () => {
      expect((await write({ ...LOG_LINE, message: 'x'.repeat(65_536) })).status).toBe(413);
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=x',
      'limit=1&limit=2',
      'before=0',
      'before=-1',
      'before=9999999999',
    ])('logging-backend rejects ?%s', async (query) => {
      expect(await get(`/logs?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    });

    it('logging-backend lists, downloads and purges the lines that were written', async () => {
      expect((await get('/logs')).body).toEqual({ logs: [], next: null });
      expect((await get('/logs/download')).text).toBe('');
      // More than one read returns, and written in sequence, so that their order is known.
      const messages = Array.from({ length: 620 }, (_, index) => `line ${index}`);
      for (const message of messages) {
        expect((await write({ ...LOG_LINE, message, context: undefined })).status).toBe(201);
      }
      const last = { ...LOG_LINE, message: 'two\nlines', context: { a: '\u0000' } };
      expect((await write(last)).status).toBe(201);

      const [newest, ...others] = await readAll();
      const { message, context } = last;
      expect(newest).toMatchObject({ message, context, written_by: 'writer' });
      expect(others.map((entry) => entry['message'])).toEqual(messages.toReversed());
      expect(logsOf(await get('/logs'))).toHaveLength(50);
      await expectDownload(messages.length + 1);

      const purge = { method: 'POST', headers: bearerHeaders(token) };
      expect(await request(`${logging.url}/logs/purge`, purge)).toMatchObject({
        status: 200,
        body: { status: 'purged' },
      });
      expect((await get('/logs')).body).toEqual({ logs: [], next: null });
      await stopWithoutTokens(logging);
    });

    /** Page by page, each of at most 100. */
    async function readAll(): Promise<readonly Readonly<Record<string, unknown>>[]> {
      const seen: Readonly<Record<string, unknown>>[] = [];
      for (let before = ''; ;) {
        const page = await get(`/logs?limit=100${before}`);
        expect(logsOf(page).length).toBeLessThanOrEqual(100);
        seen.push(...logsOf(page));
        if (page.body['next'] === null) return seen;
        before = `&before=${JSON.stringify(page.body['next'])}`;
      }
    }

    async function expectDownload(count: number): Promise<void> {
      const download = await get('/logs/download');
      expect(download.headers['content-type']).toMatch(/^text\/plain; charset=utf-8/);
      expect(download.headers['content-disposition']).toMatch(/^attachment/);
      const lines = download.text.trimEnd().split('\n');
      expect(lines).toHaveLength(count);
      expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO careergpt \(writer\): line 0$/);
      expect(lines.at(-1)).toMatch(/: two\\u000alines \{"a":"\\u0000"\}$/);
    }
  },
  ['SQLite', 'PostgreSQL', 'MariaDB'],
);
