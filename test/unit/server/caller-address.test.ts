import { isIP, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallerAddresses } from '../../../src/server/caller-address.js';
import { networkOf } from '../../../src/encoding/ip-address.js';

const PROXY = '10.0.0.1';

/** A request over a connection from the peer. */
function requestFrom(
  peer: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Parameters<CallerAddresses['of']>[0] {
  return { socket: { remoteAddress: peer } as Socket, headers };
}

function addressOf(
  forwarded: string,
  {
    peer = PROXY,
    trusted = ['10.0.0.0/8', '2001:db8:ffff::/48'],
  }: { peer?: string; trusted?: string[] } = {},
): string {
  const addresses = new CallerAddresses({ trustedProxies: trusted, warn: () => {} });
  return addresses.of(requestFrom(peer, { 'x-forwarded-for': forwarded }));
}

describe('the IP address of a caller behind a trusted proxy', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['203.0.113.5:4711', '203.0.113.5'],
    ['203.0.113.5:0', '203.0.113.5'],
    ['203.0.113.5:65535', '203.0.113.5'],
    ['[203.0.113.5]:80', '203.0.113.5'],
    [' \t203.0.113.5:4711\t ', '203.0.113.5'],
    ['"203.0.113.5:4711"', '203.0.113.5'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]"', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['[fe80::1%25eth0]', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['::ffff:0102:0304', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['0000:0000:0000:0000:0000:FFFF:0102:0304', '1.2.3.4'],
    ['[::ffff:1.2.3.4]:5000', '1.2.3.4'],
    ['[::ffff:0102:0304%1]:5000', '1.2.3.4'],
    ['::ffff:1.2.3.4%eth0', '1.2.3.4'],
    ['::ffff:1.2.3.4:5000', '1.2.3.4'],
  ])('is read from %j as %s', (entry, address) => {
    expect(addressOf(entry)).toBe(address);
  });

  it.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    '_SEVKISEK',
    '-',
    'localhost',
    'example.com',
    '203.0.113',
    '203.0.113.5.6',
    '203.0.113.256',
    '203.0.113.05',
    '0xcb.0.113.5',
    '0313.0.113.5',
    '3405803781',
    '203.0.113.5:',
    '203.0.113.5:x',
    '203.0.113.5:_port',
    '203.0.113.5:65536',
    '203.0.113.5:123456',
    '203.0.113.5/32',
    '203.0.113.5 10.0.0.1',
    '203.0.113.5%eth0',
    'for=203.0.113.5',
    '2001:db8::1::2',
    '2001:db8::12345',
    '2001:db8::1%',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '[2001:db8::1]443',
    '[2001:db8::1]:',
    '[]',
    '[]:443',
    '"2001:db8::1',
    '::ffff:1.2.3.04',
    '２０３.0.113.5',
    `fe80::1%${'x'.repeat(200)}`,
    '9'.repeat(10_000),
  ])('is that of the last trusted hop before %j, which is not an IP address', (entry) => {
    expect(addressOf(entry)).toBe(PROXY);
    expect(addressOf(`${entry}, 10.0.0.7:80`)).toBe('10.0.0.7');
    expect(addressOf(`198.51.100.1, ${entry}, 10.0.0.7`)).toBe('10.0.0.7');
  });

  it.each<[string, string, string]>([
    ['an entry that no trusted proxy wrote', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['several trusted proxies', '203.0.113.9, 198.51.100.1, 10.0.0.3, 10.0.0.2', '198.51.100.1'],
    ['a trusted IPv6 proxy', '198.51.100.1, [2001:db8:ffff::7]:443', '198.51.100.1'],
    ['a trusted proxy as an IPv4-mapped IPv6 address', '198.51.100.1, ::ffff:10.9.9.9', '198.51.100.1'],
    ['only trusted proxies', '10.0.0.4, 10.0.0.3', '10.0.0.4'],
    ['no spaces', '203.0.113.9,198.51.100.1,10.0.0.3', '198.51.100.1'],
    ['a comma at the end', '198.51.100.1,', PROXY],
    ['a comma at the beginning', ',10.0.0.3', '10.0.0.3'],
    ['only commas', ',,,', PROXY],
  ])('is read from the right: %s', (_name, forwarded, address) => {
    expect(addressOf(forwarded)).toBe(address);
  });

  it('is found behind 32 trusted proxies (31 of them in the header), but not behind more', () => {
    const trusted = Array.from({ length: 2_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const behind = (count: number): string =>
      addressOf(['198.51.100.1', ...trusted.slice(0, count)].join(','));
    expect(behind(31)).toBe('198.51.100.1');
    expect(behind(32)).toBe(trusted[0]);
    expect(behind(2_000)).toMatch(/^10\./);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['127.0.0.1', '::FFFF:7f00:1'],
    ['127.0.0.1/32', '::ffff:127.0.0.1'],
    ['127.0.0.0/8', '::ffff:127.9.9.9'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:127.0.0.0/104', '127.0.0.9'],
    ['0:0:0:0:0:ffff:7f00:0/104', '::ffff:127.0.0.9'],
    ['::ffff:0:0/96', '192.0.2.1'],
    ['::ffff:0:0/90', '::ffff:192.0.2.1'],
    ['0.0.0.0/0', '192.0.2.1'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::/32', '2001:db8:1::1'],
    ['fe80::/10', 'fe80::1%eth0'],
    ['fe80::1%eth0', 'fe80::1%eth1'],
  ])('is read from X-Forwarded-For if TRUST_PROXY is %s and the peer is %s', (trusted, peer) => {
    expect(addressOf('203.0.113.5', { peer, trusted: [trusted] })).toBe('203.0.113.5');
  });

  it.each([
    [[], '127.0.0.1'],
    [['127.0.0.1'], '127.0.0.2'],
    [['127.0.0.1'], '::1'],
    [['10.0.0.0/8'], '11.0.0.1'],
    [['2001:db8::/32'], '10.0.0.1'],
    [['::ffff:127.0.0.0/104'], '128.0.0.1'],
  ])('is that of the peer if %j is trusted and the peer is %s', (trusted, peer) => {
    expect(addressOf('203.0.113.5', { peer, trusted })).toBe(peer);
  });

  it('is `unknown` if the connection has closed', () => {
    const addresses = new CallerAddresses({ trustedProxies: ['::/0', '0.0.0.0/0'], warn: () => {} });
    expect(addresses.of(requestFrom(undefined, { 'x-forwarded-for': '203.0.113.5' }))).toBe('unknown');
  });

  it('cannot be read with a trusted proxy that is not an IP address (TypeError)', () => {
    expect(() => new CallerAddresses({ trustedProxies: ['localhost'], warn: () => {} })).toThrow(TypeError);
  });
});

const ipv4 = fc.ipV4();
const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
const port = fc.integer({ min: 0, max: 65_535 });
const zone = fc.stringMatching(/^[0-9A-Za-z]{1,8}$/);
const whitespace = fc.stringMatching(/^[ \t]{0,3}$/);

/** Writes the groups of an IPv6 address with leading zeros, in upper case, or with a run of zeros as `::`. */
function spelled(
  values: readonly number[],
  width: number,
  isUpper: boolean,
  cut: number,
  length: number,
): string {
  const texts = values.map((value) => value.toString(16).padStart(width, '0'));
  const run = values.slice(cut, cut + length);
  const text =
    length > 0 && run.length === length && run.every((value) => value === 0)
      ? `${texts.slice(0, cut).join(':')}::${texts.slice(cut + length).join(':')}`
      : texts.join(':');
  return isUpper ? text.toUpperCase() : text;
}

const ipv6Spelling = fc.record({
  width: fc.integer({ min: 1, max: 4 }),
  isUpper: fc.boolean(),
  cut: fc.integer({ min: 0, max: 7 }),
  length: fc.integer({ min: 0, max: 8 }),
});

describe('spellings of an IP address', () => {
  it('in IPv4, with a port, brackets, quotes, spaces or mapped to IPv6, are equal', () => {
    fc.assert(
      fc.property(ipv4, port, zone, whitespace, fc.boolean(), (address, number, scope, space, isUpper) => {
        const octets = address.split('.').map(Number);
        const hex = [0, 2]
          .map((at) => (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16))
          .join(':');
        const mapped = [
          `::ffff:${address}`,
          `::ffff:${hex}`,
          `0:0:0:0:0:ffff:${hex}`,
          `0:0:0:0:0:ffff:${address}`,
        ];
        for (const each of [address, ...mapped.map((text) => (isUpper ? text.toUpperCase() : text))]) {
          const spellings = [each, `[${each}]`, `[${each}]:${number}`, `"[${each}]:${number}"`];
          if (each.includes('.')) spellings.push(`${each}:${number}`);
          if (each.includes(':')) spellings.push(`${each}%${scope}`, `[${each}%${scope}]:${number}`);
          for (const spelling of spellings) expect(addressOf(space + spelling + space)).toBe(address);
          if (each.includes(':')) expect(addressOf('', { peer: each, trusted: [] })).toBe(address);
        }
      }),
    );
  });

  it('in IPv6 are equal, and belong to the same /64', () => {
    const sparse = fc.tuple(groups, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }));
    fc.assert(
      fc.property(sparse, ipv6Spelling, port, zone, ([values, keep], how, number, scope) => {
        const numbers = values.map((value, index) => (keep[index] ? value : 0));
        const plain = numbers.map((value) => value.toString(16)).join(':');
        const canonical = addressOf(plain);
        fc.pre(canonical.includes(':'));
        const text = spelled(numbers, how.width, how.isUpper, how.cut, how.length);
        for (const each of [
          text,
          `[${text}]`,
          `[${text}]:${number}`,
          `${text}%${scope}`,
          `"[${text}%${scope}]"`,
        ])
          expect(addressOf(each)).toBe(canonical);
        expect(canonical).toBe(canonical.toLowerCase());
        const network = numbers
          .slice(0, 4)
          .map((value) => value.toString(16))
          .join(':');
        expect(networkOf(canonical)).toBe(`${network}::/64`);
      }),
    );
  });

  it('always yield a canonical IP address of at most 45 characters, whatever the text', () => {
    const near = fc.stringMatching(/^[0-9a-fA-F:.,%[\]"_x \t]{0,40}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary', maxLength: 200 }), fc.string()), (text) => {
        const address = addressOf(text);
        expect(isIP(address)).not.toBe(0);
        expect(address.length).toBeLessThanOrEqual(45);
        expect(addressOf(address)).toBe(address);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the warning about an untrusted proxy', () => {
  function warned(trustedProxies: string[], ...requests: Parameters<CallerAddresses['of']>[0][]): string[] {
    const peers: string[] = [];
    const addresses = new CallerAddresses({ trustedProxies, warn: (peer) => peers.push(peer) });
    for (const request of requests) addresses.lookForProxy(request);
    return peers;
  }

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'true-client-ip', 'cf-connecting-ip', 'x-client-ip'])(
    'is logged once, for %s',
    (name) => {
      const request = requestFrom('::ffff:192.0.2.1', { [name]: 'secret-marker' });
      expect(warned([], request, request, requestFrom('192.0.2.2', { [name]: 'x' }))).toEqual(['192.0.2.1']);
      expect(warned(['10.0.0.1'], request)).toEqual(['192.0.2.1']);
    },
  );

  it('is not logged for a trusted peer or for other headers', () => {
    expect(warned(['192.0.2.1'], requestFrom('192.0.2.1', { 'x-forwarded-for': '203.0.113.5' }))).toEqual([]);
    expect(warned([], requestFrom('192.0.2.1', { via: '1.1 a', 'x-request-id': 'a' }))).toEqual([]);
  });
});

describe('the scheme of a caller', () => {
  it.each([
    ['10.0.0.1', 'https', 'https'],
    ['10.0.0.1', 'HTTPS', 'https'],
    ['10.0.0.1', 'http, https', 'https'],
    ['10.0.0.1', 'https, http', 'http'],
    ['10.0.0.1', 'xhttps', 'http'],
    ['192.0.2.1', 'https', 'http'],
  ] as const)('from %s with X-Forwarded-Proto: %s is %s', (peer, forwarded, scheme) => {
    const addresses = new CallerAddresses({ trustedProxies: ['10.0.0.1'], warn: () => {} });
    expect(addresses.protocolOf(requestFrom(peer, { 'x-forwarded-proto': forwarded }))).toBe(scheme);
  });
});
