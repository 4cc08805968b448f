import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIPv4 } from 'node:net';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Log } from '../log.js';
import { canonicalAddress } from '../encoding/ip-address.js';

/** Longer than any IP address with its zone, brackets, quotes and port, in characters. */
const MAX_ENTRY_LENGTH = 128;

/** The most trusted proxies that are passed over. A caller within a trusted network could name any number. */
const MAX_HOPS = 32;

/** Takes the place of the IP address if the connection closed before it was read. */
const UNKNOWN = 'unknown';

const IPV6_BITS = 128;
const MAPPED_PREFIX_BITS = 96;

const QUOTED = /^"(.*)"$/;
const IN_BRACKETS = /^\[([^[\]]+)\](?::(\d{1,5}))?$/;
/** A port may follow a dotted quad; after an IPv6 address without brackets it would look like a group. */
const WITH_PORT = /^(.+\.\d{1,3}):(\d{1,5})$/;

/** The other end of a connection. */
interface Peer {
  readonly address: string;
  readonly isTrusted: boolean;
}

/** Options of {@link CallerAddresses}. */
export interface CallerAddressOptions {
  /** IP addresses or networks (CIDR) whose X-Forwarded-For and -Proto are trusted. */
  readonly trustedProxies: readonly string[];
  /** Called once, when a peer that is not trusted sends a forwarding header. */
  readonly warn: (peer: string) => void;
}

/**
 * @returns a function that warns of a proxy that is not trusted: all its callers have one IP address and can
 *   lock each other out
 */
export function proxyWarning(log: Log): CallerAddressOptions['warn'] {
  return (address) =>
    log.warn(
      { address },
      'A request with a forwarding header (such as X-Forwarded-For) came from an IP address that TRUST_PROXY does not name: if it is your proxy, name it in TRUST_PROXY, else all its callers count as one and share its limits',
    );
}

/**
 * Finds the IP address of a caller: that of the connection, or one in X-Forwarded-For that a trusted proxy
 * wrote.
 */
export class CallerAddresses {
  private readonly trusted: BlockList;
  private readonly peers = new WeakMap<Socket, Peer>();
  private hasWarned = false;

  constructor(private readonly options: CallerAddressOptions) {
    this.trusted = networks(options.trustedProxies);
  }

  /** @returns the canonical IP address of the caller */
  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    const peer = this.peerOf(socket);
    const forwarded = headers['x-forwarded-for'];
    return peer.isTrusted && typeof forwarded === 'string'
      ? this.nearest(forwarded, peer.address)
      : peer.address;
  }

  /** @returns the scheme that the caller used, as far as a trusted proxy says */
  protocolOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): 'http' | 'https' {
    const forwarded = this.peerOf(socket).isTrusted ? headers['x-forwarded-proto'] : undefined;
    return typeof forwarded === 'string' && /(?:^|,)[ \t]*https[ \t]*$/i.test(forwarded) ? 'https' : 'http';
  }

  /** Warns once if callers may be behind a proxy that is not trusted: they would all count as one. */
  lookForProxy({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): void {
    if (this.hasWarned || !isForwarded(headers)) return;
    const { address, isTrusted } = this.peerOf(socket);
    if (isTrusted) return;
    this.hasWarned = true;
    this.options.warn(address);
  }

  private peerOf(socket: Socket): Peer {
    let peer = this.peers.get(socket);
    if (!peer) {
      const address = canonicalAddress(socket.remoteAddress ?? '') ?? UNKNOWN;
      peer = { address, isTrusted: address !== UNKNOWN && this.isTrusted(address) };
      this.peers.set(socket, peer);
    }
    return peer;
  }

  /**
   * Finds the caller in X-Forwarded-For. Each proxy appends the IP address of its peer, so the caller is the
   * first from the right that is not a trusted proxy.
   */
  private nearest(forwarded: string, peer: string): string {
    let address = peer;
    let end = forwarded.length;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const comma = end > 0 ? forwarded.lastIndexOf(',', end - 1) : -1;
      const entry = readEntry(forwarded.slice(comma + 1, end));
      // The caller may have written everything before an entry that is not an IP address.
      if (entry === undefined) break;
      address = entry;
      if (comma < 0 || !this.isTrusted(entry)) break;
      end = comma;
    }
    return address;
  }

  private isTrusted(address: string): boolean {
    return this.trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/**
 * Whether a proxy forwarded the request, by headers of which only X-Forwarded-For and -Proto are ever
 * trusted. They are written out because this runs for every request.
 */
function isForwarded(headers: IncomingHttpHeaders): boolean {
  return (
    headers['x-forwarded-for'] !== undefined ||
    headers.forwarded !== undefined ||
    headers['x-real-ip'] !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined ||
    headers['true-client-ip'] !== undefined ||
    headers['cf-connecting-ip'] !== undefined ||
    headers['x-client-ip'] !== undefined
  );
}

/** Reads one entry of X-Forwarded-For: an IP address, perhaps with quotes, brackets, a zone and a port. */
function readEntry(entry: string): string | undefined {
  const text = entry.trim();
  if (text.length > MAX_ENTRY_LENGTH) return undefined;
  const bare = QUOTED.exec(text)?.[1] ?? text;
  const [, host = bare, port = '0'] = IN_BRACKETS.exec(bare) ?? WITH_PORT.exec(bare) ?? [];
  return Number(port) <= 65_535 ? canonicalAddress(host) : undefined;
}

function networks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [text = '', bits] = entry.split('/');
    const address = canonicalAddress(text);
    if (address === undefined) throw new TypeError('A trusted proxy is not an IP address or a network');
    const isMapped = isIPv4(address) && text.includes(':');
    const given = bits === undefined ? IPV6_BITS : Number(bits);
    if (isMapped && given < MAPPED_PREFIX_BITS) list.addSubnet(`::ffff:${address}`, given, 'ipv6');
    else if (isMapped) list.addSubnet(address, given - MAPPED_PREFIX_BITS, 'ipv4');
    else if (isIPv4(address)) list.addSubnet(address, Math.min(given, 32), 'ipv4');
    else list.addSubnet(address, given, 'ipv6');
  }
  return list;
}

/** Caches the IP address on its request. */
const ADDRESS = Symbol('address');

declare module 'fastify' {
  interface FastifyRequest {
    [ADDRESS]: string | undefined;
  }
}

/**
 * Replaces Fastify's `request.ip` and `request.protocol`, which return entries of X-Forwarded-For unchecked,
 * with ports and any other text.
 */
export function useCallerAddresses(fastify: FastifyInstance, addresses: CallerAddresses): void {
  fastify.decorateRequest(ADDRESS, undefined);
  fastify.decorateRequest('ip', {
    getter(this: FastifyRequest) {
      return (this[ADDRESS] ??= addresses.of(this.raw));
    },
  });
  fastify.decorateRequest('protocol', {
    getter(this: FastifyRequest) {
      return addresses.protocolOf(this.raw);
    },
  });
}
