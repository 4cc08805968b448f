import type { CheckName } from './outside-token.js';
import type { IssuerUse } from './trusted-issuer.js';

/** What became of one outside token. It contains no claim but the subject. */
export interface OutsideTokenEvent {
  readonly requestId: string;
  readonly use: IssuerUse;
  /** The ID of the entry; `undefined` if the token names none. */
  readonly issuer: string | undefined;
  /** `accepted`; else the check that failed, or `unavailable` if the keys of the issuer are not known. */
  readonly outcome: 'accepted' | CheckName | 'unavailable';
  /** The `sub` of a token whose signature was verified. */
  readonly subject: string | undefined;
}

/** Receives what operators must know about trusted issuers. */
export abstract class IssuerReport {
  /** Called for each outside token. */
  abstract outcome(event: OutsideTokenEvent): void;

  /**
   * Called when the keys of an issuer cannot be fetched: once for each outage.
   *
   * @param issuer the ID of the entry
   * @param reason contains nothing that the issuer sent
   */
  abstract keysUnavailable(issuer: string, reason: string): void;

  /** Called when the keys of an issuer were fetched again after an outage. */
  abstract keysRestored(issuer: string): void;
}
