import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { RunningApp } from '../../support/running-app.js';

const FILES: readonly (readonly [path: string, type: RegExp])[] = [
  ['/openapi.json', /^application\/json\b/],
  ['/docs', /^text\/html\b/],
  ['/docs/', /^text\/html\b/],
  ['/docs/index.html', /^text\/html\b/],
  ['/docs/swagger-ui-init.js', /^text\/javascript\b/],
  ['/docs/swagger-ui-bundle.js', /^text\/javascript\b/],
  ['/docs/swagger-ui-standalone-preset.js', /^text\/javascript\b/],
  ['/docs/swagger-ui.css', /^text\/css\b/],
  ['/docs/index.css', /^text\/css\b/],
  ['/docs/favicon-16x16.png', /^image\/png$/],
  ['/docs/favicon-32x32.png', /^image\/png$/],
];

const TOKEN = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g;

describe.each(['', '/identity-backend'])('the documentation under "%s"', (basePath) => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ swagger: true, basePath });
  });
  afterAll(() => service.stop());

  describe.each(FILES)('%s', (path, type) => {
    it('has its media type, a strong ETag and Cache-Control: no-cache', async () => {
      const { status, headers, text } = await service.get(path);
      expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(/./) });
      expect(headers.get('content-type')).toMatch(type);
      expect(headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('responds to HEAD with the same headers and no body', async () => {
      const get = await service.get(path);
      const head = await service.request(path, { method: 'HEAD' });
      expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
      for (const name of [
        'content-type',
        'content-length',
        'etag',
        'cache-control',
        'content-security-policy',
      ])
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    });

    it.each<[string, (etag: string) => string, number]>([
      ['its ETag', (etag) => etag, 304],
      ['its ETag, weak', (etag) => `W/${etag}`, 304],
      ['its ETag among others', (etag) => `"a", W/"b" ,${etag}`, 304],
      ['*', () => '*', 304],
      ['another ETag', () => '"another"', 200],
      ['its ETag without quotes', (etag) => etag.slice(1, -1), 200],
      ['an empty value', () => '', 200],
      ['only commas', () => ',,,', 200],
    ])('evaluates If-None-Match: %s', async (_name, header, expected) => {
      const etag = (await service.get(path)).headers.get('etag') ?? '';
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'if-none-match': header(etag) };
        const response = await service.request(path, { method, headers });
        expect(response.status).toBe(expected);
        expect(response.headers.get('etag')).toBe(etag);
        if (expected === 304) expect(response.text).toBe('');
      }
    });
  });

  it('returns 405 for other methods', async () => {
    for (const [path] of FILES) {
      const { status, headers } = await service.request(path, { method: 'POST' });
      expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
    }
  });

  it('does not serve the other files of the package', async () => {
    for (const file of ['package.json', 'README.md', 'LICENSE', 'swagger-ui.js', 'swagger-ui-bundle.js.map'])
      expect([file, (await service.get(`/docs/${file}`)).status]).toEqual([file, 404]);
  });
});

describe('GET /openapi.json', () => {
  it.each(['none', 'required'] as const)(
    'returns the same document each time, and issues no token, if TOKEN_ENDPOINT_AUTH is %s',
    async (tokenEndpointAuth) => {
      const service = await RunningApp.start({ swagger: true, tokenEndpointAuth, algorithms: ['RS256'] });
      const first = await service.get('/openapi.json');
      service.captured.clear();
      service.clock.advance(60);
      const second = await service.get('/openapi.json');
      expect(second.text).toBe(first.text);
      expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
      expect(service.captured.lines.filter(({ audit }) => audit === true)).toEqual([]);
      const { text } = await service.get('/metrics');
      expect(text).not.toMatch(/^identity_tokens_issued_total\{/m);
      await service.stop();
    },
  );

  it('contains only expired tokens that no key verifies', async () => {
    const service = await RunningApp.start({ swagger: true });
    const { text } = await service.get('/openapi.json');
    const tokens = [...new Set(text.match(TOKEN))];
    expect(tokens.length).toBeGreaterThan(1);
    service.clock.set(1_800_000_000);
    for (const token of tokens) {
      expect(decodeJwt(token).exp).toBeLessThan(1_767_312_000);
      const { status, body } = await service.verify(token);
      expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'invalid_signature' });
    }
    await service.stop();
  });

  it('contains only tokens that have the signature of the examples', async () => {
    const service = await RunningApp.start({ swagger: true });
    const { text } = await service.get('/openapi.json');
    const parts = [...text.matchAll(/eyJ[^"]*/g)].map(([token]) => token);
    for (const token of parts) expect(token).toMatch(/\.bmV2ZXItdmVyaWZpZXM$/);
    await service.stop();
  });
});
