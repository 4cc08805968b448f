import { BlockList, isIPv4 } from 'node:net';
import { ipv6Groups } from '../encoding/ip-address.js';

/** How IPv6 addresses of a network contain the IPv4 address that packets to them arrive at. */
interface Embedding {
  readonly network: string;
  readonly bits: number;
  /** The IPv4 address, by the 16 bytes of the IPv6 address. */
  readonly read: (bytes: readonly number[]) => readonly string[];
}

const EMBEDDINGS: readonly Embedding[] = [
  // IPv4-compatible (RFC 4291 §2.5.5.1). IPv4-mapped addresses are read as IPv4 already.
  { network: '::', bits: 96, read: (bytes) => [dotted(bytes.slice(12))] },
  // IPv4-translated (RFC 2765 §2.1).
  { network: '::ffff:0:0:0', bits: 96, read: (bytes) => [dotted(bytes.slice(12))] },
  // NAT64 (RFC 6052 §2.1), and its networks for local use (RFC 8215).
  { network: '64:ff9b::', bits: 96, read: (bytes) => [dotted(bytes.slice(12))] },
  { network: '64:ff9b:1::', bits: 48, read: localNat64 },
  // 6to4 (RFC 3056 §2).
  { network: '2002::', bits: 16, read: (bytes) => [dotted(bytes.slice(2, 6))] },
  // Teredo (RFC 4380 §4): the client, inverted.
  { network: '2001::', bits: 32, read: (bytes) => [dotted(bytes.slice(12).map((byte) => byte ^ 0xff))] },
];

const NETWORKS = EMBEDDINGS.map(({ network, bits, read }) => {
  const list = new BlockList();
  list.addSubnet(network, bits, 'ipv6');
  return { list, read };
});

/**
 * Finds the IPv4 address that a translator or a tunnel sends packets for an IPv6 address to.
 *
 * @param address in the form of `canonicalAddress`
 * @returns several if it depends on the translator; none if the address stands for itself
 */
export function embeddedIpv4(address: string): readonly string[] {
  if (isIPv4(address) || address === '::' || address === '::1') return [];
  const found = NETWORKS.find(({ list }) => list.check(address, 'ipv6'));
  return found?.read(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff])) ?? [];
}

/** The index of the bytes for each length of the translator's prefix (RFC 6052 §2.2); byte 8 is always 0. */
const LOCAL_POSITIONS = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
] as const;

/**
 * The operator of the translator chooses the length of the prefix, so each is read that leaves only zeros after
 * the IPv4 address. A reading in 0.0.0.0/8 is an accident of the zeros, unless there is no other.
 */
function localNat64(bytes: readonly number[]): readonly string[] {
  const readings = LOCAL_POSITIONS.filter(([, , , last]) =>
    bytes.every((byte, index) => byte === 0 || (index <= last && (index !== 8 || last === 15))),
  ).map((positions) => dotted(positions.map((index) => bytes[index] ?? 0)));
  const likely = readings.filter((address) => !address.startsWith('0.'));
  return likely.length > 0 ? likely : readings;
}

function dotted(bytes: readonly number[]): string {
  return bytes.join('.');
}
