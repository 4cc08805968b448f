import type { Clock } from '../clock.js';
import { BackOff } from './back-off.js';
import type { TokenSource } from './token-source.js';
import type { RequestedToken } from './token-target.js';
import { TokenUnavailableError } from './token-unavailable-error.js';

/** What the tokens of one client share. */
export interface Renewal {
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly random: () => number;
  /** The back-off after failures that affect every token: the issuer is unavailable. */
  readonly outage: BackOff;
  /** Receives a failure to renew a token that is still valid, if it is the first since the last success. */
  readonly report: (failure: TokenUnavailableError, target: RequestedToken) => void;
}

/** Times in milliseconds since 1970. */
interface HeldToken {
  readonly token: string;
  /** From this time on, a new token is fetched while this one stays in use. */
  readonly renewAt: number;
  /** From this time on, callers wait for the new token: this one could expire in transit. */
  readonly waitAt: number;
  readonly expiresAt: number;
}

/**
 * Renewal begins after 75 to 90 % of the lifetime, at random, so that clients do not all renew at the same
 * time.
 */
const EARLIEST_RENEWAL = 0.75;
const RENEWAL_SPREAD = 0.15;

/**
 * The last part of a lifetime, 5 % but at most 10 s, in which a token is returned only if no new one can be
 * fetched.
 */
const LAST_PART = 0.05;
const LAST_SECONDS = 10;

/** If a service refuses a new token too, its refusals cause no further fetch for this many milliseconds. */
const REFUSED_PAUSE_MS = 30_000;

/** The token for one target, fetched when it is needed and renewed before it expires. */
export class RenewedToken {
  private held: HeldToken | undefined;
  private pending: Promise<HeldToken | TokenUnavailableError> | undefined;
  private keepUntil = -Infinity;
  private readonly refusals: BackOff;

  constructor(
    private readonly target: RequestedToken,
    private readonly renewal: Renewal,
  ) {
    this.refusals = new BackOff(renewal.clock, renewal.random);
  }

  /**
   * @returns a valid token; one request is sent however many callers wait for it
   * @throws {TokenUnavailableError} immediately while backing off, if no token is valid
   */
  async get(): Promise<string> {
    const now = this.renewal.clock.now();
    const held = this.stillValid();
    if (held && now < held.renewAt) return held.token;
    const renewed = this.renew();
    if (held && now < held.waitAt) return held.token;
    const outcome = await renewed;
    const best = outcome instanceof TokenUnavailableError ? (this.stillValid() ?? outcome) : outcome;
    if (best instanceof TokenUnavailableError) throw best;
    return best.token;
  }

  /**
   * Drops a token that a service refused.
   *
   * @returns whether another token may help; `false` if the service has just refused a new one too
   */
  drop(token: string): boolean {
    if (this.renewal.clock.now() < this.keepUntil) return false;
    if (this.held?.token === token) this.held = undefined;
    return true;
  }

  /** A service refused the new token right after the previous one: the token is not at fault. */
  refusedAgain(): void {
    this.keepUntil = this.renewal.clock.now() + REFUSED_PAUSE_MS;
  }

  private stillValid(): HeldToken | undefined {
    return this.held && this.renewal.clock.now() < this.held.expiresAt ? this.held : undefined;
  }

  private async renew(): Promise<HeldToken | TokenUnavailableError> {
    const blocking = this.renewal.outage.blocking ?? this.refusals.blocking;
    if (blocking && !this.pending) return blocking;
    this.pending ??= this.fetch().finally(() => (this.pending = undefined));
    return this.pending;
  }

  private async fetch(): Promise<HeldToken | TokenUnavailableError> {
    const { source, clock, outage, random, report } = this.renewal;
    const begun = clock.now();
    const outcome = await source(this.target);
    if (outcome instanceof TokenUnavailableError) {
      const isFirst = (outcome.isOutage ? outage : this.refusals).failed(outcome);
      if (isFirst && this.stillValid()) report(outcome, this.target);
      return outcome;
    }
    outage.succeeded();
    this.refusals.succeeded();
    this.held = hold(outcome.token, begun, outcome.lifetimeSeconds, random());
    return this.held;
  }
}

function hold(token: string, begun: number, lifetimeSeconds: number, chance: number): HeldToken {
  const at = (seconds: number): number => begun + seconds * 1000;
  return {
    token,
    renewAt: at(lifetimeSeconds * (EARLIEST_RENEWAL + RENEWAL_SPREAD * chance)),
    waitAt: at(lifetimeSeconds - Math.min(LAST_SECONDS, lifetimeSeconds * LAST_PART)),
    expiresAt: at(lifetimeSeconds),
  };
}
