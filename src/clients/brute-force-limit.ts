import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { MAX_CLIENT_ID_LENGTH } from './client.js';
import { networkOf } from '../limits/network-of.js';
import type { WindowCounter } from '../limits/window-counter.js';

/** How many times the failures of a pair an address may have, over all client ids. */
const ADDRESS_FACTOR = 10;

/**
 * Stops who tries secrets. Failures count by address and client id together, so that failures from elsewhere never shut
 * a client out, and by address alone, so that trying many ids is stopped too. A network of IPv6 counts as one address.
 */
export class BruteForceLimit {
  /** @param most failures a minute of a pair; 0 for no limit */
  constructor(
    private readonly most: number,
    private readonly counter: WindowCounter,
    private readonly clock: Clock,
  ) {}

  /** @returns for how many seconds no more may be tried; 0 where it may */
  blockedSeconds(address: string, clientId: string): number {
    if (this.most === 0) return 0;
    const network = networkOf(address);
    return Math.max(
      this.blockedBy(network, this.most * ADDRESS_FACTOR),
      this.blockedBy(pairKey(network, clientId), this.most),
    );
  }

  /** @returns for how many seconds no more may be tried, where this failure is one too many; else 0 */
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

/** Whatever was sent as a client id takes a bounded number of bytes. */
function pairKey(network: string, clientId: string): string {
  const name =
    clientId.length <= MAX_CLIENT_ID_LENGTH ? clientId : createHash('sha256').update(clientId).digest('hex');
  return `${network} ${name}`;
}
