import { SocketAddress } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { literalAddressOf, NetworkPolicy, remoteUrlFault } from '../../../src/http-client/network-policy.js';

type Ipv4 = readonly [number, number, number, number];

const strict = new NetworkPolicy([]);
const open = new NetworkPolicy(['0.0.0.0/0', '::/0']);
const PRIVATE = 'is a private address that ISSUER_NETWORKS does not list';

const hex = (...bytes: number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const dotted = (bytes: readonly number[]): string => bytes.join('.');

/** IPv6 addresses that lead to an IPv4 address. */
const EMBEDDED: Readonly<Record<string, (ipv4: Ipv4) => string>> = {
  mapped: ([a, b, c, d]) => `::ffff:${hex(a, b)}:${hex(c, d)}`,
  'mapped, in dotted decimal': (ipv4) => `::FFFF:${dotted(ipv4)}`,
  'mapped, in full': ([a, b, c, d]) => `0000:0:0:0:0:ffff:${hex(a, b)}:${hex(c, d)}`,
  translated: ([a, b, c, d]) => `::ffff:0:${hex(a, b)}:${hex(c, d)}`,
  NAT64: ([a, b, c, d]) => `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
  'NAT64, in dotted decimal': (ipv4) => `64:ff9b::${dotted(ipv4)}`,
  'local NAT64': ([a, b, c, d]) => `64:ff9b:1::${hex(a, b)}:${hex(c, d)}`,
  '6to4': ([a, b, c, d]) => `2002:${hex(a, b)}:${hex(c, d)}::1`,
  Teredo: ([a, b, c, d]) =>
    `2001:0:4136:e378:8000:63bf:${hex(a ^ 0xff, b ^ 0xff)}:${hex(c ^ 0xff, d ^ 0xff)}`,
};

/** The other places of the IPv4 address in a local network of NAT64, by the length of its prefix. */
const LOCAL_NAT64: Readonly<Record<string, (ipv4: Ipv4) => string>> = {
  '/48': ([a, b, c, d]) => `64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`,
  '/56': ([a, b, c, d]) => `64:ff9b:1:${hex(0xab, a)}:${hex(0, b)}:${hex(c, d)}::`,
  '/64': ([a, b, c, d]) => `64:ff9b:1:abcd:${hex(0, a)}:${hex(b, c)}:${hex(d, 0)}:0`,
  '/96': ([a, b, c, d]) => `64:ff9b:1:abcd:ef01:2345:${hex(a, b)}:${hex(c, d)}`,
};

/** Spellings of an IPv4 address in the host of a URL. */
const SPELLINGS: Readonly<Record<string, (ipv4: Ipv4) => string>> = {
  'dotted decimal': dotted,
  'a dot at the end': (ipv4) => `${dotted(ipv4)}.`,
  'one number': ([a, b, c, d]) => String(((a * 256 + b) * 256 + c) * 256 + d),
  'one hexadecimal number': (ipv4) => `0x${hex(...ipv4)}`,
  'hexadecimal parts': (ipv4) => ipv4.map((byte) => `0X${byte.toString(16)}`).join('.'),
  'octal parts': (ipv4) => ipv4.map((byte) => `0${byte.toString(8)}`).join('.'),
  'leading zeros': (ipv4) => ipv4.map((byte) => `000${byte.toString(8)}`).join('.'),
  'two parts': ([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
  'three parts': ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  'percent-encoding': (ipv4) => dotted(ipv4).replace(/\d/g, (digit) => `%3${digit}`),
  'full-width digits': (ipv4) =>
    dotted(ipv4).replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  'ideographic full stops': (ipv4) => ipv4.join('。'),
  ...Object.fromEntries(
    Object.entries(EMBEDDED).map(([name, make]) => [name, (ipv4: Ipv4) => `[${make(ipv4)}]`]),
  ),
};

const byte = fc.integer({ min: 0, max: 255 });
const anyIpv4: fc.Arbitrary<Ipv4> = fc.tuple(byte, byte, byte, byte);
const refusedIpv4: fc.Arbitrary<Ipv4> = fc.oneof(
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.constantFrom<Ipv4>([100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);
const privateIpv4: fc.Arbitrary<Ipv4> = fc.oneof(
  fc.tuple(fc.constantFrom(10, 127), byte, byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  // Without 100.100.0.0/16, which has a metadata service.
  fc.tuple(fc.constant(100), fc.integer({ min: 101, max: 127 }), byte, byte),
);

/** The first and the last address of each network, and what is decided on it; public between them. */
const RANGES: readonly (readonly [first: string, last: string, refusal: string])[] = [
  ['0.0.0.0', '0.255.255.255', 'is an unspecified address'],
  ['10.0.0.0', '10.255.255.255', PRIVATE],
  ['100.64.0.0', '100.100.100.199', PRIVATE],
  ['100.100.100.200', '100.100.100.200', 'is a metadata service'],
  ['100.100.100.201', '100.127.255.255', PRIVATE],
  ['127.0.0.0', '127.255.255.255', PRIVATE],
  ['168.63.129.16', '168.63.129.16', 'is a metadata service'],
  ['169.254.0.0', '169.254.255.255', 'is a link-local address'],
  ['172.16.0.0', '172.31.255.255', PRIVATE],
  ['192.0.0.0', '192.0.0.191', PRIVATE],
  ['192.0.0.192', '192.0.0.192', 'is a metadata service'],
  ['192.0.0.193', '192.0.0.255', PRIVATE],
  ['192.0.2.0', '192.0.2.255', PRIVATE],
  ['192.168.0.0', '192.168.255.255', PRIVATE],
  ['198.18.0.0', '198.19.255.255', PRIVATE],
  ['198.51.100.0', '198.51.100.255', PRIVATE],
  ['203.0.113.0', '203.0.113.255', PRIVATE],
  ['224.0.0.0', '239.255.255.255', 'is a multicast address'],
  ['240.0.0.0', '255.255.255.255', 'is a reserved address'],
];

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const ipv4Of = (value: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');

function expectedRefusal(value: number): string | undefined {
  return RANGES.find(([first, last]) => value >= numberOf(first) && value <= numberOf(last))?.[2];
}

describe('NetworkPolicy', () => {
  it('decides on the first and the last address of each network, and on its neighbours', () => {
    for (const [first, last] of RANGES) {
      for (const value of [numberOf(first) - 1, numberOf(first), numberOf(last), numberOf(last) + 1]) {
        if (value < 0 || value > 0xffff_ffff) continue;
        const address = ipv4Of(value);
        expect([address, strict.refusalOf(address, undefined)]).toEqual([address, expectedRefusal(value)]);
      }
    }
  });

  it('decides on every IPv4 address by the network that has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        expect(strict.refusalOf(ipv4Of(value), undefined)).toBe(expectedRefusal(value));
      }),
    );
  });

  it.each([
    ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['fe00::', PRIVATE],
    ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['fe80::', 'is a link-local address'],
    ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'is a link-local address'],
    ['fec0::', PRIVATE],
    ['feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['ff00::', 'is a multicast address'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'is a multicast address'],
    ['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['2000::', undefined],
    ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
    ['3fff::', PRIVATE],
    ['3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['3fff:1000::', undefined],
    ['3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
    ['4000::', PRIVATE],
    ['2001:1:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
    ['2001:2::', PRIVATE],
    ['2001:2:0:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['2001:2:1::', undefined],
    ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
    ['2001:db8::', PRIVATE],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', PRIVATE],
    ['2001:db9::', undefined],
    ['fd00:ec2::253', PRIVATE],
    ['fd00:ec2::255', PRIVATE],
    ['fd20:ce::253', PRIVATE],
    ['fd00:42::43', PRIVATE],
    ['fd00:a9fe:a9fe::2', PRIVATE],
    // Next to the networks that have an IPv4 address: NAT64, 6to4, Teredo.
    ['64:ff9a:ffff:ffff:ffff:ffff:8c52:7003', PRIVATE],
    ['64:ff9b::8c52:7003', undefined],
    ['64:ff9b::1:8c52:7003', PRIVATE],
    ['64:ff9b:0:ffff:ffff:ffff:8c52:7003', PRIVATE],
    ['64:ff9b:2::8c52:7003', PRIVATE],
    ['2001:ffff:ffff:ffff:ffff:ffff:8c52:7003', undefined],
    ['2001:0:ffff:ffff:ffff:ffff:5601:5601', 'is a link-local address'],
    ['2001:1::5601:5601', undefined],
    ['2002:8c52:7003::1', undefined],
    ['2002:a9fe:a9fe:ffff:ffff:ffff:ffff:ffff', 'is a link-local address'],
    ['2003:a9fe:a9fe::1', undefined],
    ['::fffe:8c52:7003', PRIVATE],
    ['::1:0:8c52:7003', PRIVATE],
    ['::8c52:7003', undefined],
  ])('decides on %s: %s', (address, refusal) => {
    expect(strict.refusalOf(address, undefined)).toBe(refusal);
  });

  it.each([
    ...['0.0.0.0', '0.255.255.255', '169.254.0.0', '169.254.169.254', '169.254.255.255', '224.0.0.1'],
    ...['239.255.255.255', '240.0.0.1', '255.255.255.255', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
    ...['::', 'fe80::', 'fe80::1', 'fe80::1%eth0', 'febf:ffff::1', 'ff00::', 'ff02::1'],
    ...['fd00:ec2::254', 'FD00:0EC2:0:0:0:0:0:0254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42'],
    ...['fd00:c1::a9fe:a9fe', 'fd00:a9fe:a9fe::1', 'fd00:100::100:200'],
    ...['::169.254.169.254', '::0.0.0.2', '64:ff9b:1::', '2002::', '2001::ffff:ffff'],
  ])('never allows %s', (address) => {
    for (const policy of [strict, open]) {
      expect(policy.refusalOf(address, address)).toMatch(
        /^is (an unspecified|a link-local|a multicast|a reserved|a metadata)/,
      );
    }
  });

  it.each([
    ...['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
    ...['127.0.0.1', '127.255.255.255', '100.64.0.0', '100.127.255.255', '198.18.0.0', '198.19.255.255'],
    ...['192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ...['::1', 'fc00::', 'fdff:ffff::1', 'fec0::1', 'feff::1', '100::1', '2001:db8::1', '2001:2::1'],
    ...['3fff::1', '4000::1', '5f00::1', '1fff::1', '::1%lo'],
  ])('allows %s only if a setting or the entry names it', (address) => {
    const [literal] = address.split('%');
    expect(strict.refusalOf(address, undefined)).toBe(PRIVATE);
    expect(strict.refusalOf(address, '10.1.2.3')).toBe(PRIVATE);
    expect(strict.refusalOf(address, literal)).toBeUndefined();
    expect(open.refusalOf(address, undefined)).toBeUndefined();
  });

  it.each([
    ...[
      '1.0.0.0',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
    ],
    ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
    ...['168.63.129.15', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
    ...['2000::', '2001:db7::1', '2001:db9::1', '2606:4700::1', '2a00:1450::1', '3ffe::1'],
  ])('allows the public %s', (address) => {
    expect(strict.refusalOf(address, undefined)).toBeUndefined();
  });

  it.each(['', 'localhost', '127.1', '0x7f.0.0.1', '[::1]', '::1/128', '1.2.3.4.'])(
    'refuses %j, which is no IP address',
    (text) => {
      expect(open.refusalOf(text, text)).toBe('is no IP address');
    },
  );

  it('allows the networks of the setting, and no others', () => {
    const policy = new NetworkPolicy(['10.1.0.0/16', '192.168.5.5', 'fd12::/16', '::ffff:172.16.0.0/108']);
    const allowed = ['10.1.0.0', '10.1.255.255', '192.168.5.5', 'fd12::1', '172.16.0.1', '::ffff:10.1.2.3'];
    const refused = ['10.0.255.255', '10.2.0.0', '192.168.5.6', 'fd13::1', '127.0.0.1', '::1'];
    expect(allowed.map((address) => policy.refusalOf(address, undefined))).toEqual(
      allowed.map(() => undefined),
    );
    expect(refused.map((address) => policy.refusalOf(address, undefined))).toEqual(
      refused.map(() => PRIVATE),
    );
  });

  it.each([
    ['0.0.0.0/0', ['::1', 'fd12::1', '5f00::1']],
    ['::/0', ['127.0.0.1', '10.0.0.5', '::ffff:10.0.0.5']],
    ['::/64', ['127.0.0.1', '192.168.0.1']],
    ['::ffff:10.0.0.0/8', ['127.0.0.1', '10.0.0.5']],
    ['::ffff:0.0.0.0/95', ['127.0.0.1', '10.0.0.5']],
    ['::ffff:0.0.0.0/96', ['::1', 'fd12::1']],
    ['127.0.0.1', ['::1']],
    ['::1', ['127.0.0.1']],
  ])('allows by %s no address of the other family', (network, addresses) => {
    const policy = new NetworkPolicy([network]);
    expect(addresses.map((address) => policy.refusalOf(address, undefined))).toEqual(
      addresses.map(() => PRIVATE),
    );
  });

  it.each([
    ['10.20.30.0/31', '10.20.30.0', '10.20.30.1', '10.20.29.255', '10.20.30.2'],
    ['10.20.30.40/32', '10.20.30.40', '10.20.30.40', '10.20.30.39', '10.20.30.41'],
    ['10.20.30.40', '10.20.30.40', '10.20.30.40', '10.20.30.39', '10.20.30.41'],
    ['10.20.33.0/20', '10.20.32.0', '10.20.47.255', '10.20.31.255', '10.20.48.0'],
    ['::ffff:10.20.30.0/124', '10.20.30.0', '10.20.30.15', '10.20.29.255', '10.20.30.16'],
    ['::FFFF:a14:1e28', '10.20.30.40', '::ffff:10.20.30.40', '10.20.30.39', '10.20.30.41'],
    [
      'fd12:3456:789a::/61',
      'fd12:3456:789a::',
      'fd12:3456:789a:7:ffff:ffff:ffff:ffff',
      'fd12:3456:7899:ffff:ffff:ffff:ffff:ffff',
      'fd12:3456:789a:8::',
    ],
    ['FD12::1/128', 'fd12::1', 'fd12:0:0::0:1', 'fd12::', 'fd12::2'],
    ['fd12:0::1', 'fd12::1', 'fd12:0:0::0:1', 'fd12::', 'fd12::2'],
  ])('allows by %s from %s to %s, but neither %s nor %s', (network, first, last, before, after) => {
    const policy = new NetworkPolicy([network]);
    expect([first, last, before, after].map((address) => policy.refusalOf(address, undefined))).toEqual([
      undefined,
      undefined,
      PRIVATE,
      PRIVATE,
    ]);
  });

  it('allows an IPv4 address in IPv6 if the setting lists the one or the other', () => {
    for (const network of ['10.0.0.0/8', '64:ff9b::/96', '64:ff9b::10.0.0.0/104']) {
      expect(new NetworkPolicy([network]).refusalOf('64:ff9b::10.1.1.1', undefined)).toBeUndefined();
    }
    expect(new NetworkPolicy(['64:ff9b::/96']).refusalOf('64:ff9b::169.254.169.254', undefined)).toBe(
      'is a link-local address',
    );
  });

  it('allows a name that resolves to the IP address of the entry, in any spelling', () => {
    expect(strict.refusalOf('::ffff:10.0.0.5', '10.0.0.5')).toBeUndefined();
    expect(strict.refusalOf('FD12:0:0:0:0:0:0:1', 'fd12::1')).toBeUndefined();
    expect(strict.refusalOf('10.0.0.6', '10.0.0.5')).toBe(PRIVATE);
    expect(strict.refusalOf('64:ff9b::10.0.0.5', '10.0.0.5')).toBe(PRIVATE);
    expect(strict.refusalOf('::1', '127.0.0.1')).toBe(PRIVATE);
  });

  describe.each(Object.entries(EMBEDDED))(
    'decides on an IPv4 address in IPv6 as on itself: %s',
    (_name, make) => {
      it('with any address', () => {
        const policy = new NetworkPolicy(['10.0.0.0/9', '127.0.0.1']);
        fc.assert(
          fc.property(fc.oneof(anyIpv4, refusedIpv4, privateIpv4), (ipv4) => {
            expect(policy.refusalOf(make(ipv4), undefined)).toBe(policy.refusalOf(dotted(ipv4), undefined));
          }),
        );
      });
    },
  );

  describe.each(Object.entries(LOCAL_NAT64))(
    'reads a local network of NAT64 with a prefix of %s',
    (_name, make) => {
      it('to refuse what is never allowed', () => {
        fc.assert(fc.property(refusedIpv4, (ipv4) => open.refusalOf(make(ipv4), undefined) !== undefined));
      });

      it('to refuse private addresses that the setting does not list', () => {
        fc.assert(fc.property(privateIpv4, (ipv4) => strict.refusalOf(make(ipv4), undefined) !== undefined));
      });

      it('to allow a public address', () => {
        expect(strict.refusalOf(make([140, 82, 112, 3]), undefined)).toBeUndefined();
      });
    },
  );

  it('decides on an IPv6 address alike in every spelling', () => {
    const prefixes = ['fe80', 'fec0', 'fc00', 'fd00', 'ff02', '2001', '2002', '64', '0', '2606'];
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(
        fc.constantFrom(...prefixes),
        fc.array(group, { minLength: 7, maxLength: 7 }),
        (prefix, rest) => {
          const groups = [parseInt(prefix, 16), ...rest];
          const full = groups.map((each) => each.toString(16).padStart(4, '0').toUpperCase()).join(':');
          const plain = groups.map((each) => each.toString(16)).join(':');
          const { address } = new SocketAddress({ address: plain, family: 'ipv6' });
          const results = [full, plain, address, `${address}%eth0`].map((each) =>
            strict.refusalOf(each, undefined),
          );
          expect(new Set(results).size).toBe(1);
        },
      ),
    );
  });
});

describe('remoteUrlFault', () => {
  const faultOf = (url: string): string | undefined => remoteUrlFault(url, { allowLoopbackHttp: false });

  it.each([
    ...['https://issuer.example', 'https://issuer.example/', 'HTTPS://ISSUER.EXAMPLE/a?b=c'],
    ...['https://issuer.example:8443/keys', 'https://issuer.example./keys', 'https://localhost/keys'],
    ...[
      'https://10.0.0.5/keys',
      'https://[fd12::1]:6443/openid/v1/jwks',
      'https://127.0.0.1/',
      'https://[::1]/',
    ],
    ...['https://169.254.169.254.example/', 'https://bücher.example/'],
  ])('accepts %s', (url) => {
    expect(faultOf(url)).toBeUndefined();
  });

  it.each([
    ...[
      '',
      'issuer',
      'issuer.example/keys',
      '//issuer.example',
      '/keys',
      'https:',
      'https://',
      'https:/a.example',
    ],
    ...[
      'ftp://issuer.example',
      'file:///etc/passwd',
      'data:application/json,{}',
      'javascript:1',
      'unix:/run/a',
    ],
    ...[
      'https://a b.example',
      ' https://issuer.example',
      'https://issuer.example ',
      'https://iss\nuer.example',
    ],
    ...[
      'https://issuer.example/\t',
      'https:\\\\issuer.example',
      'https://issuer.example\\keys',
      'https://[::1',
    ],
    ...[
      'https://256.1.1.1/',
      'https://1.2.3.4.5/',
      'https://issuer.example:65536/',
      'https://a\u0000.example',
    ],
  ])('refuses %j, which is no absolute URL', (url) => {
    expect(faultOf(url)).toBe('must be an absolute https URL');
  });

  it.each([
    ['https://user@issuer.example/', 'must have no user name or password'],
    ['https://:password@issuer.example/', 'must have no user name or password'],
    ['https://issuer.example@169.254.169.254/', 'must have no user name or password'],
    ['https://issuer.example/#a', 'must have no fragment'],
    ['https://issuer.example/#', 'must have no fragment'],
    ['http://issuer.example/', 'must be https'],
    ['http://localhost/', 'must be https'],
  ])('refuses %s: %s', (url, fault) => {
    expect(faultOf(url)).toBe(fault);
  });

  it.each([
    ...[
      'http://localhost:3000',
      'http://LOCALHOST/a',
      'http://127.0.0.1/',
      'http://127.1/',
      'http://0x7f000001/',
    ],
    ...['http://127.9.9.9:1/', 'http://[::1]:3000/'],
  ])('accepts plain HTTP on this host only if that is allowed: %s', (url) => {
    expect([faultOf(url), remoteUrlFault(url, { allowLoopbackHttp: true })]).toEqual([
      'must be https',
      undefined,
    ]);
  });

  it.each([
    ...['http://issuer.example/', 'http://localhost.example/', 'http://a.localhost/', 'http://10.0.0.5/'],
    ...['http://127.0.0.1.example/', 'http://128.0.0.1/', 'http://[::2]/', 'http://169.254.169.254/'],
  ])('accepts plain HTTP on no other host: %s', (url) => {
    expect(remoteUrlFault(url, { allowLoopbackHttp: true })).toBe('must be https');
  });

  it.each(Object.entries(SPELLINGS))('refuses an IP address that is never allowed: %s', (_name, spell) => {
    fc.assert(
      fc.property(refusedIpv4, (ipv4) => {
        const refusal = open.refusalOf(dotted(ipv4), undefined);
        expect(faultOf(`https://${spell(ipv4)}/keys`)).toBe(`has a host that ${refusal}`);
      }),
    );
  });

  it.each(['https://0/', 'https://0.0.0.0/', 'https://[::]/', 'https://[::0.0.0.0]/', 'https://[0:0::0:0]/'])(
    'refuses the unspecified address: %s',
    (url) => {
      expect(faultOf(url)).toBe('has a host that is an unspecified address');
    },
  );

  it.each([
    ...['https://[fe80::1]/', 'https://[ff02::1]/', 'https://[fd00:ec2::254]/', 'https://[fd20:ce::254]/'],
    ...['https://[::a9fe:a9fe]/', 'https://[64:ff9b:1:a9fe:a9:fe00::]/'],
  ])('refuses %s', (url) => {
    expect(faultOf(url)).toMatch(/^has a host that is a (link-local|multicast|metadata)/);
  });
});

describe('literalAddressOf', () => {
  it.each(Object.entries(SPELLINGS).filter(([name]) => !/NAT64|6to4|Teredo|translated/.test(name)))(
    'reads an IPv4 address in any spelling: %s',
    (_name, spell) => {
      fc.assert(
        fc.property(anyIpv4, (ipv4) => {
          expect(literalAddressOf(`https://${spell(ipv4)}:8443/keys`)).toBe(dotted(ipv4));
        }),
      );
    },
  );

  it.each([
    ['https://[FD12:0:0::1]/', 'fd12::1'],
    ['https://[::1]:443/', '::1'],
    ['https://issuer.example/', undefined],
    ['https://localhost/', undefined],
    ['https://10.0.0.5.example/', undefined],
    ['https://xn--bcher-kva.example/', undefined],
  ])('finds in %s: %s', (url, address) => {
    expect(literalAddressOf(url)).toBe(address);
  });
});
