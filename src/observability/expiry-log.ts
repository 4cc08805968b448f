import { Inject, Injectable } from '@nestjs/common';
import { dateTime } from '../encoding/date-time.js';
import type { ExpiringSecret } from '../clients/expiring-secrets.js';
import { ExpiryReport } from '../clients/expiry-warnings.js';
import { type Log, LOG } from '../log.js';

/** Writes a line for each secret that expires soon. */
@Injectable()
export class ExpiryLog extends ExpiryReport {
  constructor(@Inject(LOG) private readonly log: Log) {
    super();
  }

  override secret({ client, secretId, expiresAt }: ExpiringSecret): void {
    this.log.warn(
      { client, secret_id: secretId, expires_at: dateTime(expiresAt) },
      'a secret of a client expires soon',
    );
  }

  override more(count: number): void {
    this.log.warn({ count }, 'more secrets of clients expire soon');
  }
}
