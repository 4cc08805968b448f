import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { type Log, LOG } from '../log.js';
import { BoundedMap } from '../concurrency/bounded-map.js';
import { EndpointAudienceLog } from '../oauth2/endpoint-audience-log.js';
import { Metrics } from './metrics.js';

/** How long a client is not logged again, once it was. */
const QUIET_MS = 60 * 60 * 1000;

/** Beyond this many clients, the one logged longest ago may be logged again early. */
const MAX_CLIENTS = 10_000;

/** Counts each use, and logs each client once an hour. */
@Injectable()
export class EndpointAudienceUses extends EndpointAudienceLog {
  /** When each client was last logged, in milliseconds since 1970. */
  private readonly namedAt = new BoundedMap<number>(MAX_CLIENTS);

  constructor(
    @Inject(LOG) private readonly log: Log,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    super();
  }

  override used(clientId: string): void {
    this.metrics.endpointAudienceUsed();
    const now = this.clock.now();
    const last = this.namedAt.get(clientId);
    if (last !== undefined && now - last < QUIET_MS) return;
    this.namedAt.set(clientId, now);
    this.log.info(
      { client_id: clientId },
      'a client assertion names the token endpoint as its audience; it should name the issuer',
    );
  }
}
