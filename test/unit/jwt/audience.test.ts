import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { anyAudienceOf, normalAudience, sameAudience } from '../../../src/jwt/audience.js';

describe('normalAudience', () => {
  it.each([
    ['the scheme in lower case', 'HTTPS://api.example/mcp', 'https://api.example/mcp'],
    ['the host in lower case', 'https://API.Example/mcp', 'https://api.example/mcp'],
    ['no default port of https', 'https://api.example:443/mcp', 'https://api.example/mcp'],
    ['no default port of http', 'http://api.example:080', 'http://api.example/'],
    ['no empty port', 'https://api.example:/mcp', 'https://api.example/mcp'],
    ['another port', 'https://api.example:80/mcp', 'https://api.example:80/mcp'],
    ['a slash for an empty path', 'https://api.example', 'https://api.example/'],
    ['a slash for an empty path before a query', 'https://api.example?a=B', 'https://api.example/?a=B'],
    ['an international host as A-labels', 'https://BÜCHER.example/ü', 'https://xn--bcher-kva.example/ü'],
    ['an IPv6 address shortened', 'http://[0:0:0:0:0:0:0:1]:3000/', 'http://[::1]:3000/'],
    ['a host without percent-encoding', 'https://api%2Eexample/%41', 'https://api.example/%41'],
  ])('has %s: %s', (_part, audience, normal) => {
    expect(normalAudience(audience)).toBe(normal);
  });

  it.each([
    'logging-service',
    'Logging-Service',
    '',
    'urn:Example:API',
    'ftp://API.example',
    'https',
    'https:api.example',
    'https:/API.example',
    'https://',
    'https:///API',
    'https://user@API.example/',
    'https://user:password@API.example/',
    'https://API.example/a#b',
    'https://API.example/#',
    'https://API.example/a b',
    'https://API.example\\mcp',
    'https://API.example:99999/',
    'https://[::G]/',
    'https://[fe80::1%25ETH0]/',
    'https://a\ufffdB.example/',
    ' https://API.example/',
    'x https://API.example/',
  ])('is the audience itself, if that is no URL of a resource: %j', (audience) => {
    expect(normalAudience(audience)).toBe(audience);
  });

  it.each([
    ['the case of the path', 'https://api.example/MCP', 'https://api.example/mcp'],
    ['a slash after the path', 'https://api.example/mcp/', 'https://api.example/mcp'],
    ['two slashes', 'https://api.example//', 'https://api.example/'],
    ['dot segments', 'https://api.example/a/../mcp', 'https://api.example/mcp'],
    ['percent-encoding in the path', 'https://api.example/%6dcp', 'https://api.example/mcp'],
    ['the case of percent-encoding', 'https://api.example/%2f', 'https://api.example/%2F'],
    ['a dot after the host', 'https://api.example./mcp', 'https://api.example/mcp'],
    ['the scheme', 'http://api.example/mcp', 'https://api.example/mcp'],
    ['the port', 'https://api.example:8443/mcp', 'https://api.example/mcp'],
    ['an empty query', 'https://api.example/mcp?', 'https://api.example/mcp'],
    ['credentials', 'https://user@api.example/mcp', 'https://api.example/mcp'],
    ['a fragment', 'https://api.example/mcp#', 'https://api.example/mcp'],
    ['the case of a plain name', 'Logging-Service', 'logging-service'],
  ])('distinguishes audiences by %s', (_part, one, other) => {
    expect(sameAudience(one, other)).toBe(false);
  });
});

describe('anyAudienceOf', () => {
  const isOurs = anyAudienceOf(['logging-service', 'https://API.example']);

  it.each(['logging-service', 'https://api.example/', 'HTTPS://api.EXAMPLE:443'])(
    'accepts %s',
    (audience) => {
      expect(isOurs(audience)).toBe(true);
    },
  );

  it.each(['Logging-Service', 'https://api.example/a', 'http://api.example', ''])(
    'rejects %j',
    (audience) => {
      expect(isOurs(audience)).toBe(false);
    },
  );
});

describe('any audience', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const path = fc.webPath();
  const mixedCase = (text: string, flags: readonly boolean[]): string =>
    [...text].map((each, i) => (flags[i % flags.length] ? each.toUpperCase() : each)).join('');

  it('has one normal form, whose normal form is itself', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.string().map((rest) => `https://${rest}`),
    );
    fc.assert(
      fc.property(text, (audience) => {
        const normal = normalAudience(audience);
        expect(normalAudience(normal)).toBe(normal);
        expect(sameAudience(audience, normal)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('equals what a URL parser writes for it, if its path has nothing to rewrite', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('http', 'https'),
        host,
        fc.option(fc.nat(65_535)),
        path,
        (scheme, name, port, rest) => {
          const audience = `${scheme}://${name}${port === null ? '' : `:${port}`}${rest}`;
          const { href } = new URL(audience);
          fc.pre(new URL(href).pathname === (rest === '' ? '/' : rest));
          expect(sameAudience(audience, href)).toBe(true);
        },
      ),
    );
  });

  it('has the same normal form in every case of scheme and host', () => {
    fc.assert(
      fc.property(host, path, fc.array(fc.boolean(), { minLength: 1 }), (name, rest, flags) => {
        expect(normalAudience(mixedCase(`https://${name}`, flags) + rest)).toBe(
          normalAudience(`https://${name}${rest}`),
        );
      }),
    );
  });

  it('with another path has another normal form', () => {
    fc.assert(
      fc.property(host, path, path, (name, one, other) => {
        fc.pre((one || '/') !== (other || '/'));
        expect(sameAudience(`https://${name}${one}`, `https://${name}${other}`)).toBe(false);
      }),
    );
  });
});

describe('plain names', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('are compared without parsing a URL', () => {
    const parse = jest.spyOn(URL, 'canParse');
    expect(sameAudience('logging-service', 'billing')).toBe(false);
    expect(sameAudience('urn:example:a', 'urn:example:a')).toBe(true);
    expect(parse).not.toHaveBeenCalled();
  });
});
