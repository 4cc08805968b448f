import { isIP, isIPv4, SocketAddress } from 'node:net';

/** An IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2), as RFC 5952 §5 writes it. */
const MAPPED = '::ffff:';

/**
 * Reads an IP address and returns its canonical form, so that no caller counts twice: IPv4 in dotted decimal,
 * also if it is mapped into IPv6; IPv6 as in RFC 5952, without its zone, which has a meaning on one host
 * only.
 *
 * @returns `undefined` if the text is not an IP address
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
