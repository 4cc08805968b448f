import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { MAX_CLIENT_ID_LENGTH } from './client.js';
import { MemoryWindowCounter } from '../rate-limit/memory-window-counter.js';
import { networkOf } from '../encoding/ip-address.js';
import type { WindowCounter } from '../rate-limit/window-counter.js';

/** The limit of an IP address over all client IDs, as a multiple of the limit of a pair. */
const ADDRESS_FACTOR = 10;

/** The window in which signature checks are counted for an IP address over its limit. */
const SIGNATURE_WINDOW_MS = 60_000;

/**
 * Limits the guessing of secrets. Failures are counted for each pair of IP address and client ID, so that
 * failures from elsewhere never lock a client out, and for each IP address, so that guessing over many IDs is
 * limited too. A pair over its limit is rejected before any check. An IP address over its limit may be a
 * proxy or a network that many share: a correct secret still passes, and only failures get 429. A /64 of IPv6
 * counts as one IP address.
 */
export class BruteForceLimit {
  /**
   * Checking a signature costs CPU time of this process alone, so the count is not shared with other
   * instances.
   */
  private readonly signatures: MemoryWindowCounter;

  /**
   * @param maxFailures the failures that a pair may have in a window; 0 for no limit
   * @param counter counts failures in the window
   */
  constructor(
    private readonly maxFailures: number,
    private readonly counter: WindowCounter,
    private readonly clock: Clock,
  ) {
    this.signatures = new MemoryWindowCounter(SIGNATURE_WINDOW_MS, clock);
  }

  /** @returns seconds until the pair may try again; 0 if it may now */
  blockedSeconds(address: string, clientId: string): number {
    return this.maxFailures === 0
      ? 0
      : this.blockedBy(pairKey(networkOf(address), clientId), this.maxFailures);
  }

  /**
   * Counts a signature check, which costs a hundred times as much as comparing a secret. An IP address over
   * its limit may have as many signatures checked in a minute as it may have failures; valid signatures count
   * too.
   *
   * @returns seconds until a signature may be checked again; 0 if it may now
   */
  countSignatureCheck(address: string): number {
    const maxChecks = this.maxFailures * ADDRESS_FACTOR;
    const network = networkOf(address);
    if (maxChecks === 0 || this.blockedBy(network, maxChecks) === 0) return 0;
    const { count, until } = this.signatures.add(network);
    return count > maxChecks ? this.secondsUntil(until) : 0;
  }

  /**
   * Counts a failure.
   *
   * @returns seconds until the next attempt if this one exceeded the limit; else 0
   */
  async failed(address: string, clientId: string): Promise<number> {
    if (this.maxFailures === 0) return 0;
    const network = networkOf(address);
    const [byPair, byAddress] = await Promise.all([
      this.counter.add(pairKey(network, clientId)),
      this.counter.add(network),
    ]);
    return Math.max(
      byPair.count > this.maxFailures ? this.secondsUntil(byPair.until) : 0,
      byAddress.count > this.maxFailures * ADDRESS_FACTOR ? this.secondsUntil(byAddress.until) : 0,
    );
  }

  private blockedBy(key: string, maxFailures: number): number {
    const window = this.counter.known(key);
    return window && window.count >= maxFailures ? this.secondsUntil(window.until) : 0;
  }

  private secondsUntil(time: number): number {
    return Math.max(1, Math.ceil((time - this.clock.now()) / 1000));
  }
}

/** Makes a key of bounded length, whatever was sent as a client ID. */
function pairKey(network: string, clientId: string): string {
  const name =
    clientId.length <= MAX_CLIENT_ID_LENGTH ? clientId : createHash('sha256').update(clientId).digest('hex');
  return `${network} ${name}`;
}
