import { isIP, isIPv4, SocketAddress } from 'node:net';

/** An IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2), as RFC 5952 §5 writes it. */
const MAPPED = '::ffff:';

/**
 * Reads an IP address in any spelling, so that each caller has one count: IPv4 becomes dotted decimal, even
 * if it is mapped into IPv6; IPv6 becomes the form of RFC 5952, without its zone, which only has a meaning on
 * one host.
 *
 * @returns the canonical form; `undefined` if the text is not an IP address
 */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family === 0) return undefined;
  const [withoutZone = ''] = text.split('%', 1);
  const { address } = new SocketAddress({ address: withoutZone, family: 'ipv6' });
  const mapped = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIPv4(mapped) ? mapped : address;
}

/**
 * The eight groups of 16 bits of an IPv6 address.
 *
 * @param address in the form of {@link canonicalAddress}
 */
export function ipv6Groups(address: string): readonly number[] {
  const [left = [], right = []] = withoutDots(address)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].map((group) => parseInt(group, 16));
}

/** An IPv6 address that ends in dotted decimal (RFC 4291 §2.2), in hexadecimal. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_dotted, ...bytes) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':');
  });
}

/**
 * The network that limits count as one caller: an IPv4 address, or the /64 of an IPv6 address, the smallest
 * network that providers assign to a customer.
 *
 * @param address in the form of {@link canonicalAddress}; any other text is returned unchanged
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const network = ipv6Groups(address).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(':')}::/64`;
}
