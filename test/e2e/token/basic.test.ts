import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { rawHttp } from '../../support/raw-http.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
let worker: TestClient;
/** A client whose credentials encode to base64 without padding. */
let exact: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ tokenEndpointAuth: 'required', authFailureMax: 0 });
  admin = await Administrator.of(service);
  worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
  exact = await makeClient(service, 'exactly', { audiences: ['logging-service'], may_act_for: ['worker'] });
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

const ask = (headers: Record<string, string>): Promise<ServiceResponse> =>
  service.post('/token', { sub: 'worker', aud: 'logging-service' }, headers);
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const encoded = (text: string): string =>
  text.replaceAll(/./g, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** Valid `Authorization` headers of the worker, made once its secret is known. */
const VALID: [string, () => string][] = [
  ['as most clients send it', () => worker.authorization],
  ['with the scheme in lower case', () => worker.authorization.replace('Basic', 'basic')],
  ['with the scheme in upper case', () => worker.authorization.replace('Basic', 'BASIC')],
  ['without base64 padding', () => worker.authorization.replace(/=+$/, '')],
  ['if base64 needs no padding', () => exact.authorization],
  ['with several spaces', () => worker.authorization.replace(' ', '   ')],
  ['form-encoded (RFC 6749 section 2.3.1)', () => basic(encoded('worker'), encoded(worker.secret))],
];

const BROKEN: [string, () => string][] = [
  ['empty', () => ''],
  ['the scheme alone', () => 'Basic'],
  ['the scheme and a space', () => 'Basic '],
  ['no colon', () => `Basic ${base64('worker')}`],
  ['a colon alone', () => `Basic ${base64(':')}`],
  ['no ID', () => basic('', worker.secret)],
  ['no secret', () => basic('worker', '')],
  ['not base64', () => 'Basic !!!!'],
  ['not encoded at all', () => `Basic worker:${worker.secret}`],
  [
    'base64 with a space inside',
    () => `Basic ${base64(`worker:${worker.secret}`).replace(/^(....)/, '$1 ')}`,
  ],
  ['base64 with an extra character', () => `${exact.authorization}A`],
  ['base64 with extra padding', () => `${exact.authorization}==`],
  ['base64 with padding inside', () => `${worker.authorization}${base64('x')}`],
  ['base64 followed by a parameter', () => `${worker.authorization}, realm="x"`],
  ['bytes that are not UTF-8', () => `Basic ${base64(Buffer.from('worker:\xff\xfe', 'latin1'))}`],
  ['malformed percent-encoding', () => basic('worker', `${worker.secret}%`)],
  ['percent-encoded bytes that are not UTF-8', () => basic('worker%FF', worker.secret)],
  ['an unknown scheme', () => worker.authorization.replace('Basic', 'Basics')],
  ['no scheme', () => worker.authorization.slice('Basic '.length)],
  ['Bearer', () => `Bearer ${worker.secret}`],
];

const WRONG: [string, () => string][] = [
  ['another secret', () => basic('worker', 'x'.repeat(43))],
  ['the secret of another client', () => basic('worker', admin.client.secret)],
  ['half of the secret', () => basic('worker', worker.secret.slice(0, 20))],
  ['the secret and more', () => basic('worker', `${worker.secret}x`)],
  ['the secret in another case', () => basic('worker', worker.secret.toLowerCase())],
  ['the secret after a second colon', () => basic('worker', `:${worker.secret}`)],
  ['a space before the ID', () => basic(' worker', worker.secret)],
  ['an ID in another case', () => basic('Worker', worker.secret)],
  ['an unknown client', () => basic('nobody', worker.secret)],
  ['a name of Object.prototype', () => basic('constructor', worker.secret)],
  ['a very long ID', () => basic('x'.repeat(5000), worker.secret)],
  ['a very long secret', () => basic('worker', 'x'.repeat(5000))],
];

describe('HTTP Basic at POST /token', () => {
  it.each(VALID)('is accepted %s', async (_name, authorization) => {
    expect((await ask({ authorization: authorization() })).status).toBe(200);
  });

  it.each([...BROKEN, ...WRONG])('is rejected: %s', async (_name, authorization) => {
    const { status, body, headers } = await ask({ authorization: authorization() });
    expect({ status, body }).toEqual({
      status: 401,
      body: { error: 'Client authentication failed', code: 'invalid_client' },
    });
    expect(headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is required: without it, the response is 401 with a challenge', async () => {
    const { status, body, headers } = await ask({});
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_client' });
    expect(headers.get('www-authenticate')).toBe('Basic realm="identity-backend"');
  });

  it('is not replaced by credentials in the body, the query or Proxy-Authorization', async () => {
    const { id, secret } = worker;
    const credentials = { client_id: id, client_secret: secret };
    const body = { sub: id, aud: 'logging-service', ...credentials };
    expect((await service.post('/token', body)).status).toBe(401);
    const query = new URLSearchParams(credentials).toString();
    expect((await service.post(`/token?${query}`, body)).status).toBe(401);
    expect((await ask({ 'proxy-authorization': worker.authorization })).status).toBe(401);
  });

  it('is checked before the body, so that no error discloses what a client may request', async () => {
    for (const body of [{}, { sub: 'admin', aud: 'x' }, { sub: 7 }])
      expect((await service.post('/token', body)).status).toBe(401);
  });

  it('is rejected alike if the client is unknown or disabled or the secret is wrong', async () => {
    const { authorization } = await makeClient(service, 'disabled', { disabled: true });
    const responses = [
      await ask({ authorization }),
      await ask({ authorization: basic('nobody', 'x') }),
      await ask({ authorization: basic('worker', 'x') }),
      await ask({ authorization: 'Basic !' }),
    ];
    const seen = responses.map(({ status, text, headers }) => {
      const varying = ['date', 'x-request-id'];
      return { status, text, headers: [...headers].filter(([name]) => !varying.includes(name)) };
    });
    for (const each of seen) expect(each).toEqual(seen[0]);
  });

  it('is rejected with 400 if the header is repeated, whichever is valid', async () => {
    const body = '{"sub":"worker","aud":"logging-service"}';
    const send = (first: string, second: string): Promise<{ status: number }> =>
      rawHttp(
        service.origin,
        `POST /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nAuthorization: ${first}\r\nAuthorization: ${second}\r\n\r\n${body}`,
      );
    expect((await send(basic('worker', 'x'), worker.authorization)).status).toBe(400);
    expect((await send(worker.authorization, basic('worker', 'x'))).status).toBe(400);
    expect((await send(worker.authorization, worker.authorization)).status).toBe(400);
  });
});
