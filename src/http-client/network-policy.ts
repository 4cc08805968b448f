import { BlockList, isIP, isIPv4 } from 'node:net';
import { canonicalAddress } from '../encoding/ip-address.js';

/** Networks that no key is fetched from: they are this host, its cloud's metadata service, or no host at all. */
const REFUSED: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'an unspecified address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['100.100.100.200/32', 'a metadata service'],
  ['168.63.129.16/32', 'a metadata service'],
  ['192.0.0.192/32', 'a metadata service'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'an unspecified address'],
  ['fe80::/10', 'a link-local address'],
  ['fd00:ec2::254/128', 'a metadata service'],
  ['fd20:ce::254/128', 'a metadata service'],
  ['ff00::/8', 'a multicast address'],
];

/** Networks that are not on the public Internet (RFC 6890), which an operator may allow. */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '100.64.0.0/10'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['::1/128', 'fc00::/7', 'fec0::/10', '2001:db8::/32', '100::/64'],
];

/** IPv6 networks whose addresses contain an IPv4 address, and the index of its first 16 bits. */
const EMBEDDING: readonly (readonly [network: string, index: number, inverted?: boolean])[] = [
  ['::/96', 6],
  ['::ffff:0:0/96', 6],
  ['::ffff:0:0:0/96', 6],
  ['64:ff9b::/96', 6],
  ['64:ff9b:1::/48', 6],
  ['2002::/16', 1],
  // Teredo (RFC 4380 §4): the address of the client, inverted.
  ['2001::/32', 6, true],
];

/** Which hosts the keys of trusted issuers may be fetched from. */
export class NetworkPolicy {
  private readonly allowed: BlockList;

  /** @param networks IP addresses and networks in CIDR notation that are allowed although they are private */
  constructor(networks: readonly string[]) {
    this.allowed = listOf(networks);
  }

  /**
   * @param address an IP address in any spelling
   * @param literal the IP address that an administrator entered in place of a name, which is allowed if it is
   *   private
   * @returns why no request may be sent to the address, to follow it; `undefined` if one may
   */
  refusalOf(address: string, literal: string | undefined): string | undefined {
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return 'is no IP address';
    const always = refusedAlways(canonical);
    if (always !== undefined) return always;
    const isPrivate = [canonical, ...embedded(canonical)].some((each) => contains(PRIVATE_LIST, each));
    if (!isPrivate || canonical === literal || contains(this.allowed, canonical)) return undefined;
    return 'is a private address, which ISSUER_NETWORKS does not list';
  }
}

/** The rules for a URL that others name. */
export interface RemoteUrlRules {
  /** Whether `http:` is accepted for the loopback interface. */
  readonly allowLoopbackHttp: boolean;
}

/**
 * Checks a URL that keys are fetched from, before any name is resolved.
 *
 * @returns why no request may be sent to it, to follow the name of the field; `undefined` if one may
 */
export function remoteUrlFault(text: string, { allowLoopbackHttp }: RemoteUrlRules): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'must be an absolute https URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must have no user name or password';
  if (text.includes('#')) return 'must have no fragment';
  if (url.protocol === 'http:' && !(allowLoopbackHttp && isLoopback(url.hostname))) {
    return 'must be https';
  }
  const literal = literalAddressOf(text);
  const refusal = literal === undefined ? undefined : refusedAlways(literal);
  return refusal === undefined ? undefined : `has a host that ${refusal}`;
}

/** @returns the IP address in the canonical form if the host of the URL is one, in any spelling */
export function literalAddressOf(url: string): string | undefined {
  // The URL parser has turned every spelling of IPv4 (hexadecimal, octal, one number) into dotted decimal.
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return canonicalAddress(host);
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function refusedAlways(canonical: string): string | undefined {
  for (const address of [canonical, ...embedded(canonical)]) {
    const found = REFUSED_LISTS.find(([list]) => contains(list, address));
    if (found) return `is ${found[1]}`;
  }
  return undefined;
}

/** The IPv4 addresses that an IPv6 address stands for. */
function embedded(address: string): string[] {
  if (isIPv4(address) || address === '::1' || address === '::') return [];
  return EMBEDDING_LISTS.filter(([list]) => contains(list, address)).map(([, index, inverted]) =>
    ipv4At(groupsOf(address), index, inverted),
  );
}

function ipv4At(groups: readonly number[], index: number, inverted: boolean): string {
  const mask = inverted ? 0xffff : 0;
  return [index, index + 1]
    .map((at) => (groups[at] ?? 0) ^ mask)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** The eight groups of an IPv6 address in the form of RFC 5952. */
function groupsOf(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, a, b, c, d] = (dotted ?? []).map(Number);
  const hex = (high = 0, low = 0): string => ((high << 8) | low).toString(16);
  const plain = dotted ? address.replace(dotted[0], `${hex(a, b)}:${hex(c, d)}`) : address;
  const [head = '', tail] = plain.split('::');
  const parts = (text: string | undefined): number[] =>
    (text ?? '')
      .split(':')
      .filter(Boolean)
      .map((group) => parseInt(group, 16));
  const [left, right] = [parts(head), parts(tail)];
  return [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

const PRIVATE_LIST = listOf(PRIVATE);
const REFUSED_LISTS = REFUSED.map(([network, what]) => [listOf([network]), what] as const);
const EMBEDDING_LISTS = EMBEDDING.map(
  ([network, index, inverted = false]) => [listOf([network]), index, inverted] as const,
);
