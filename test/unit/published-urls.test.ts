import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { baseUrlOf, pathOf, publishedUrls } from '../../src/published-urls.js';

describe('baseUrlOf', () => {
  it.each([
    ['https://id.example.com', 'https://id.example.com'],
    ['https://id.example.com/', 'https://id.example.com'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['https://id.example.com:443/', 'https://id.example.com:443'],
    ['https://id.example.com/identity-backend', 'https://id.example.com/identity-backend'],
    ['https://id.example.com/a/b/', 'https://id.example.com/a/b'],
    ['https://ID.example.com/A', 'https://ID.example.com/A'],
    ['HTTPS://id.example.com', 'HTTPS://id.example.com'],
    ['http://[::1]:3000/a', 'http://[::1]:3000/a'],
    ['https://id.example.com/@tenant', 'https://id.example.com/@tenant'],
    ['https://id.example.com/a%20b', 'https://id.example.com/a%20b'],
  ])('returns the base URL of %s', (text, base) => {
    expect(baseUrlOf(text)).toBe(base);
  });

  it.each([
    ...['', 'identity-backend', 'id.example.com', '//id.example.com', 'https:', 'https://', 'https:///a'],
    ...[
      'ftp://id.example.com',
      'urn:a:b',
      'https:/id.example.com',
      'https:id.example.com',
      'javascript:alert(1)',
    ],
    ...['https://user@id.example.com', 'https://user:pw@id.example.com', 'https://@id.example.com'],
    ...[
      'https://id.example.com?',
      'https://id.example.com?a=b',
      'https://id.example.com/#',
      'https://id.example.com#a',
    ],
    ...['https://id.example.com//', 'https://id.example.com//a', 'https://id.example.com/a//b'],
    ...['https://id.example.com/a/../b', 'https://id.example.com/.', 'https://id.example.com/%2e%2e/a'],
    ...[
      'https://id.example.com\\a',
      'https://id.example.com/a b',
      ' https://id.example.com',
      'https://id.example.com\n',
    ],
    ...[
      'https://id.example.com/ä',
      'https://id.example.com:99999',
      'https://id.example.com/\0',
      'https://[::1',
      'https://a b',
    ],
  ])('returns undefined for %j', (text) => {
    expect(baseUrlOf(text)).toBeUndefined();
  });
});

describe('publishedUrls', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.constantFrom('localhost', '[::1]', 'id.example.com'));
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
  const segments = fc.array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,12}$/), { maxLength: 3 });
  const base = fc
    .tuple(fc.constantFrom('http', 'https'), host, port, segments)
    .map(([scheme, name, at, path]) =>
      [`${scheme}://${name}`, at === undefined ? '' : `:${at}`, ...path.map((each) => `/${each}`)].join(''),
    );

  it('are the same with and without a trailing slash, and have no empty segment', () => {
    fc.assert(
      fc.property(base, (url) => {
        expect(baseUrlOf(`${url}/`)).toBe(url);
        expect(baseUrlOf(url)).toBe(url);
        for (const published of Object.values(publishedUrls(url)) as string[]) {
          expect(published.startsWith(`${url}/`)).toBe(true);
          expect(published.replace('://', '')).not.toContain('//');
          expect(pathOf(published).startsWith(pathOf(url))).toBe(true);
        }
      }),
    );
  });
});
