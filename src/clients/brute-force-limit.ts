import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { MAX_CLIENT_ID_LENGTH } from './client.js';
import { MemoryWindowCounter } from '../rate-limit/memory-window-counter.js';
import { networkOf } from '../rate-limit/ip-address.js';
import type { WindowCounter } from '../rate-limit/window-counter.js';

/** How many times the failures of a pair an IP address may have, over all client IDs. */
const ADDRESS_FACTOR = 10;

/** The window in which signature checks are counted for an IP address over its limit. */
const SIGNATURE_WINDOW_MS = 60_000;

/**
 * Limits guessing of secrets. Failures count by the pair of IP address and client ID, so that failures from
 * elsewhere never lock a client out, and by IP address alone, so that guessing over many IDs is limited too.
 * A pair over its limit is rejected before any check. An IP address over its limit may be a proxy or a
 * network that many share: a correct secret passes, and only failures get 429. A /64 of IPv6 counts as one
 * address.
 */
export class BruteForceLimit {
  /** A signature costs processor time of this process, so it is counted here, and not over all instances. */
  private readonly signatures: MemoryWindowCounter;

  /** @param most failures a minute of a pair; 0 for no limit */
  constructor(
    private readonly most: number,
    private readonly counter: WindowCounter,
    private readonly clock: Clock,
  ) {
    this.signatures = new MemoryWindowCounter(SIGNATURE_WINDOW_MS, clock);
  }

  /** @returns seconds until the pair may try again; 0 if it may now */
  blockedSeconds(address: string, clientId: string): number {
    return this.most === 0 ? 0 : this.blockedBy(pairKey(networkOf(address), clientId), this.most);
  }

  /**
   * Counts a signature check, which costs a hundred times as much as comparing a secret: an IP address over
   * its limit gets as many a minute as failures were allowed to it, correct ones included.
   *
   * @returns seconds until a signature may be checked again; 0 if it may now
   */
  signatureSeconds(address: string): number {
    const most = this.most * ADDRESS_FACTOR;
    const network = networkOf(address);
    if (most === 0 || this.blockedBy(network, most) === 0) return 0;
    const { count, until } = this.signatures.add(network);
    return count > most ? this.secondsUntil(until) : 0;
  }

  /**
   * Counts a failure.
   *
   * @returns seconds until the next attempt if this one exceeded the limit; else 0
   */
  async failed(address: string, clientId: string): Promise<number> {
    if (this.most === 0) return 0;
    const network = networkOf(address);
    const [byPair, byAddress] = await Promise.all([
      this.counter.add(pairKey(network, clientId)),
      this.counter.add(network),
    ]);
    return Math.max(
      byPair.count > this.most ? this.secondsUntil(byPair.until) : 0,
      byAddress.count > this.most * ADDRESS_FACTOR ? this.secondsUntil(byAddress.until) : 0,
    );
  }

  private blockedBy(key: string, most: number): number {
    const known = this.counter.known(key);
    return known && known.count >= most ? this.secondsUntil(known.until) : 0;
  }

  private secondsUntil(time: number): number {
    return Math.max(1, Math.ceil((time - this.clock.now()) / 1000));
  }
}

/** The key has a bounded length, whatever was sent as a client ID. */
function pairKey(network: string, clientId: string): string {
  const name =
    clientId.length <= MAX_CLIENT_ID_LENGTH ? clientId : createHash('sha256').update(clientId).digest('hex');
  return `${network} ${name}`;
}
