import { BlockList, isIPv4 } from 'node:net';
import { canonicalAddress } from '../encoding/ip-address.js';
import { embeddedIpv4 } from './embedded-ipv4.js';

/** Networks that no key is fetched from: they are this host, its cloud's metadata service, or no host at all. */
const REFUSED: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'an unspecified address'],
  ['169.254.0.0/16', 'a link-local address'],
  // Alibaba Cloud, Azure, Oracle Cloud; the others are link-local.
  ['100.100.100.200/32', 'a metadata service'],
  ['168.63.129.16/32', 'a metadata service'],
  ['192.0.0.192/32', 'a metadata service'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'an unspecified address'],
  ['fe80::/10', 'a link-local address'],
  // AWS (instances, pods), Google Cloud, Scaleway, Oracle, Akamai, Alibaba Cloud.
  ['fd00:ec2::254/128', 'a metadata service'],
  ['fd00:ec2::23/128', 'a metadata service'],
  ['fd20:ce::254/128', 'a metadata service'],
  ['fd00:42::42/128', 'a metadata service'],
  ['fd00:c1::a9fe:a9fe/128', 'a metadata service'],
  ['fd00:a9fe:a9fe::1/128', 'a metadata service'],
  ['fd00:100::100:200/128', 'a metadata service'],
  ['ff00::/8', 'a multicast address'],
];

/** Networks that are not on the public Internet (RFC 6890), which an operator may allow. */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '100.64.0.0/10'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['2001:2::/48', '2001:db8::/32', '3fff::/20'],
];

/** The IPv6 addresses of the public Internet (RFC 4291 §2.4); all others are private. */
const GLOBAL = ['2000::/3'];

/** Which hosts the keys of trusted issuers may be fetched from. */
export class NetworkPolicy {
  private readonly allowed: Networks;

  /** @param networks IP addresses and networks in CIDR notation that are allowed although they are private */
  constructor(networks: readonly string[]) {
    this.allowed = listOf(networks);
  }

  /**
   * @param address an IP address in any spelling
   * @param literal the IP address that an administrator entered in place of a name, which is allowed if it is
   *   private; in the form of {@link literalAddressOf}
   * @returns why no request may be sent to the address, to follow it; `undefined` if one may
   */
  refusalOf(address: string, literal: string | undefined): string | undefined {
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return 'is no IP address';
    const always = refusedAlways(canonical);
    if (always !== undefined) return always;
    const isAllowed =
      canonical === literal ||
      contains(this.allowed, canonical) ||
      destinationsOf(canonical).every((each) => !isPrivate(each) || contains(this.allowed, each));
    return isAllowed ? undefined : 'is a private address that ISSUER_NETWORKS does not list';
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
  // The URL parser drops or converts whitespace and backslashes: the text would read as another URL.
  if (!/^https?:\/\/[^\s\p{Cc}\\]+$/iu.test(text) || !URL.canParse(text)) {
    return 'must be an absolute https URL';
  }
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
  return canonicalAddress(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''));
}

/** Whether text is an IP address that only this host can reach. */
export function isLoopbackAddress(text: string): boolean {
  const canonical = canonicalAddress(text);
  return canonical !== undefined && contains(LOOPBACK_LIST, canonical);
}

function refusedAlways(canonical: string): string | undefined {
  for (const address of [canonical, ...embeddedIpv4(canonical)]) {
    const found = REFUSED_LISTS.find(([list]) => contains(list, address));
    if (found) return `is ${found[1]}`;
  }
  return undefined;
}

/** The IP addresses at which packets for one arrive. */
function destinationsOf(canonical: string): readonly string[] {
  const embedded = embeddedIpv4(canonical);
  return embedded.length > 0 ? embedded : [canonical];
}

function isPrivate(address: string): boolean {
  return contains(PRIVATE_LIST, address) || !(isIPv4(address) || contains(GLOBAL_LIST, address));
}

/** By family, because a `BlockList` of both has all IPv4 addresses in `::/0`. */
interface Networks {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

function listOf(networks: readonly string[]): Networks {
  const lists: Networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const length = Number(bits ?? (isIPv4(address) ? 32 : 128));
    const canonical = canonicalAddress(address) ?? '';
    // The prefix of a network in IPv4-mapped form includes the 96 bits before the IPv4 address.
    const ipv4Length = isIPv4(address) ? length : length - 96;
    if (isIPv4(canonical) && ipv4Length >= 0) lists.ipv4.addSubnet(canonical, ipv4Length, 'ipv4');
    else lists.ipv6.addSubnet(address, length, 'ipv6');
  }
  return lists;
}

function contains(lists: Networks, address: string): boolean {
  return isIPv4(address) ? lists.ipv4.check(address, 'ipv4') : lists.ipv6.check(address, 'ipv6');
}

const LOOPBACK_LIST = listOf(['127.0.0.0/8', '::1']);
const PRIVATE_LIST = listOf(PRIVATE);
const GLOBAL_LIST = listOf(GLOBAL);
const REFUSED_LISTS = REFUSED.map(([network, what]) => [listOf([network]), what] as const);
