import { canonicalAddress } from './ip-address.js';

/**
 * The network that limits count as one caller: an IPv4 address, or the /64 of an IPv6 address, the least that
 * a provider assigns to a customer.
 *
 * @param address IPv4 or IPv6; any other text counts unchanged
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const canonical = canonicalAddress(address) ?? address;
  if (!canonical.includes(':')) return canonical;
  const [head = '', tail] = canonical.split('::');
  const groupsOf = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
