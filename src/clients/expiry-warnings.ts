import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { ClientRegistry } from './client-registry.js';
import { type ExpiringSecret, expiringSecrets } from './expiring-secrets.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The maximum number of secrets that are reported one by one. */
const MAX_NAMED = 20;

/** Receives warnings about secrets that expire soon. */
export abstract class ExpiryReport {
  /** Called for each of the secrets that expire next, at most 20 times a day. */
  abstract secret(secret: ExpiringSecret): void;

  /**
   * Called once a day if there are more of them.
   *
   * @param count how many more
   */
  abstract more(count: number): void;
}

/** Warns about the secrets of enabled clients that expire soon: at the start, and once a day. */
@Injectable()
export class ExpiryWarnings {
  private warnedAt = -Infinity;

  constructor(
    private readonly clients: ClientRegistry,
    private readonly clock: Clock,
    private readonly report: ExpiryReport,
  ) {}

  /** Called repeatedly, after the clients have been synchronized. */
  sync(): Promise<void> {
    const now = this.clock.now();
    if (now - this.warnedAt >= DAY_MS) {
      this.warnedAt = now;
      const secrets = expiringSecrets(this.clients.enabled, now);
      for (const secret of secrets.slice(0, MAX_NAMED)) this.report.secret(secret);
      if (secrets.length > MAX_NAMED) this.report.more(secrets.length - MAX_NAMED);
    }
    return Promise.resolve();
  }
}
