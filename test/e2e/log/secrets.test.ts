import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { base64Url, handMadeToken } from '../../support/hand-made-token.js';
import { rawHttp } from '../../support/raw-http.js';
import { RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const token = handMadeToken({ claims: { exp: 9_999_999_999 } });
/** Short enough for a subject or an audience. */
const shortToken = `${base64Url('{"alg":"HS256"}')}.${base64Url('{"exp":9999999999}')}.${token.split('.')[2] ?? ''}`;
const clientSecret = 'the-secret-of-a-client-0123456789';
const basic = `Basic ${Buffer.from(`client-1:${clientSecret}`).toString('base64')}`;

const CONFIDENTIAL = [
  ...[SECRET, PREVIOUS_SECRET, clientSecret, basic.slice(6), token, shortToken],
  ...[token, shortToken].map((each) => each.split('.')[2] ?? ''),
];
const VALID = { sub: 'user-42', aud: 'logging-service' };

let service: RunningApp;
beforeAll(async () => {
  service = await RunningApp.start({ previousSecrets: [PREVIOUS_SECRET], logLevel: 'trace', debugEnv: true });
});
beforeEach(() => service.captured.clear());
afterAll(() => service.stop());

afterEach(async () => {
  // One more request, so that the log line of the previous one is written.
  await service.get('/ping', { 'x-request-id': 'last' });
  expect(service.captured.text).not.toBe('');
  for (const secret of CONFIDENTIAL) expect(service.captured.text).not.toContain(secret);
});

describe('no log line contains a token or a secret', () => {
  it('that was issued', async () => {
    const issued = await service.issue({ scope: 'logs:write', claims: { tenant: 'acme' } });
    await service.verify(issued);
    await service.get('/ping');
    expect(service.captured.text).not.toContain(issued);
    expect(service.captured.text).not.toContain(issued.split('.')[2]);
  });

  it.each([
    ['the token of /verify', () => service.verify(token)],
    ['an invalid token of /verify', () => service.verify(`${token}x`)],
    ['the aud of /verify', () => service.verify(token, token)],
    ['an unknown field', () => service.post('/token', { ...VALID, token, secret: SECRET })],
    ['a claim', () => service.post('/token', { ...VALID, claims: { token, secret: SECRET } })],
    ['the sub', () => service.post('/token', { ...VALID, sub: shortToken })],
    ['the aud', () => service.post('/token', { ...VALID, aud: shortToken })],
    ['one aud of several', () => service.post('/token', { ...VALID, aud: ['a', shortToken] })],
    [
      'the aud of a rejected request',
      () => service.post('/token', { ...VALID, aud: ['identity-backend', shortToken] }),
    ],
    [
      'the sub of a rejected request',
      () => service.post('/token', { sub: shortToken, aud: 'identity-backend' }),
    ],
    ['the scope', () => service.post('/token', { ...VALID, scope: token })],
    [
      'the scope of a rejected request',
      () => service.post('/token', { ...VALID, scope: `identity:admin ${token}` }),
    ],
    ['a field of the wrong type', () => service.post('/token', { ...VALID, expires_in: token })],
    ['a body that is not JSON', () => service.postRaw('/token', `{"token":"${token}" ${SECRET}`)],
    ['a body that is the token', () => service.postRaw('/verify', token)],
    ['a body of another type', () => service.postRaw('/verify', token, { 'content-type': 'text/plain' })],
  ])('that was sent in the body: %s', async (_name, send) => {
    await send();
  });

  it.each([
    ['the path', `/${token}`],
    ['the path after a route', `/verify/${token}`],
    ['the query', `/ping?token=${token}&secret=${SECRET}`],
    ['the query of an unsupported method', `/verify?token=${token}`],
    ['the nonce', `/debug-env?nonce=${token}`],
    ['a short nonce', `/debug-env?nonce=${clientSecret}`],
    ['an invalid URL', `/%zz/${token}`],
  ])('that was sent in the URL: %s', async (_name, path) => {
    await service.get(path);
    await rawHttp(service.origin, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  });

  it.each([
    ['Authorization: Bearer', { authorization: `Bearer ${token}` }],
    ['Authorization: Basic', { authorization: basic }],
    ['Authorization: basic', { authorization: basic.replace('Basic', 'basic') }],
    ['Authorization without a scheme', { authorization: clientSecret }],
    ['Proxy-Authorization', { 'proxy-authorization': basic }],
    ['Cookie', { cookie: `token=${token}` }],
    ['User-Agent', { 'user-agent': token }],
    ['Referer', { referer: `https://a.example/?token=${token}` }],
    ['Content-Encoding', { 'content-encoding': token }],
    ['Content-Type', { 'content-type': `application/${clientSecret}` }],
    ['Origin', { origin: `https://${clientSecret}.example` }],
  ])('that was sent in a header: %s', async (_name, headers) => {
    await service.post('/token', VALID, headers);
    await service.post('/verify', { token, aud: 'a' }, headers);
    await service.get('/ping', headers);
    await service.get('/no-such-route', headers);
  });

  it('that was sent as X-Request-Id', async () => {
    for (const id of [token, shortToken]) {
      const { headers } = await service.get('/ping', { 'x-request-id': id });
      expect(headers.get('x-request-id')).not.toBe(id);
    }
  });

  it('that was sent in an invalid HTTP request', async () => {
    await rawHttp(service.origin, `${token}\r\n\r\n`);
    await rawHttp(service.origin, `GET /ping HTTP/1.1\r\nHost: a\r\n${clientSecret}\r\n\r\n`);
  });

  it('that is in the settings', async () => {
    const started = await RunningApp.start({ previousSecrets: [PREVIOUS_SECRET], swagger: true });
    await started.get('/debug-env');
    await started.stop();
    for (const secret of CONFIDENTIAL) expect(started.captured.text).not.toContain(secret);
  });
});
