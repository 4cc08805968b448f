import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/**
 * All counters and the histogram of requests. Label values are bounded: routes by pattern, codes and
 * algorithms by table.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  private readonly requestSeconds = new Histogram({
    name: 'identity_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its response',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.registry],
  });
  private readonly tokensIssued = new Counter({
    name: 'identity_tokens_issued_total',
    help: 'Tokens issued; caller is anonymous or client',
    labelNames: ['caller', 'audience', 'algorithm'],
    registers: [this.registry],
  });
  private readonly tokenRefusals = new Counter({
    name: 'identity_token_refusals_total',
    help: 'Refused token requests, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly verifications = new Counter({
    name: 'identity_verifications_total',
    help: 'Tokens verified, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly revocations = new Counter({
    name: 'identity_revocations_total',
    help: 'Tokens revoked',
    registers: [this.registry],
  });

  private readonly endpointAudiences = new Counter({
    name: 'identity_endpoint_audience_assertions_total',
    help: 'Client assertions that named the token endpoint as their audience, instead of the issuer',
    registers: [this.registry],
  });

  private readonly outsideTokens = new Counter({
    name: 'identity_outside_tokens_total',
    help: 'Tokens of trusted issuers that were presented; outcome is accepted, unavailable, or the check that failed',
    labelNames: ['issuer', 'use', 'outcome'],
    registers: [this.registry],
  });
  private readonly keyFetchOutages = new Counter({
    name: 'identity_issuer_key_outages_total',
    help: 'How often the keys of a trusted issuer could no longer be fetched',
    labelNames: ['issuer'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /**
   * Finds the histogram of one kind of response. Keep it: finding it takes longer than observing.
   *
   * @param route the pattern of the route, never the requested URL
   * @returns a histogram that observes seconds
   */
  requestDuration(method: string, route: string, status: number): { observe(seconds: number): void } {
    return this.requestSeconds.labels(method, route, String(status));
  }

  /** Finds the counter of tokens for one combination of labels. Keep it: most tokens share one. */
  tokensIssuedTo(caller: 'anonymous' | 'client', audience: string, algorithm: string): { inc(): void } {
    return this.tokensIssued.labels(caller, audience, algorithm);
  }

  tokenRefused(code: string): void {
    this.tokenRefusals.inc({ code });
  }

  tokenRevoked(): void {
    this.revocations.inc();
  }

  endpointAudienceUsed(): void {
    this.endpointAudiences.inc();
  }

  /**
   * @param issuer the ID of an entry, or another label from a bounded set
   * @returns a counter of the tokens with these labels
   */
  outsideTokensOf(issuer: string, use: string, outcome: string): { inc(): void } {
    return this.outsideTokens.labels({ issuer, use, outcome });
  }

  /** @param issuer as for {@link outsideTokensOf} */
  issuerKeysLost(issuer: string): void {
    this.keyFetchOutages.inc({ issuer });
  }

  tokenVerified(code: string): void {
    this.verifications.inc({ code });
  }
}
