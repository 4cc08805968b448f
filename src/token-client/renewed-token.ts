import type { Clock } from '../clock.js';
import { BackOff } from './back-off.js';
import type { TokenTarget } from './token-client-options.js';
import type { TokenSource } from './token-source.js';
import { TokenUnavailableError } from './token-unavailable-error.js';

/** What the tokens of one client have in common. */
export interface Renewal {
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly random: () => number;
  /** Counts the failures that concern every token: the issuer is away. */
  readonly outage: BackOff;
  /** Told of the first failure of a renewal that nobody waits for. */
  readonly report: (failure: TokenUnavailableError, target: TokenTarget) => void;
}

/** Times in milliseconds since 1970. */
interface HeldToken {
  readonly token: string;
  /** From here on a new one is fetched, while this one serves on. */
  readonly renewAt: number;
  /** From here on the new one is waited for: this one could expire on its way. */
  readonly waitAt: number;
  readonly expiresAt: number;
}

/** Renewal begins after 75 to 90 % of the lifetime; when exactly is left to chance, so that not all ask at once. */
const EARLIEST_RENEWAL = 0.75;
const RENEWAL_SPREAD = 0.15;

/** How long before its end a token is not handed out without trying for a new one: 5 % of its lifetime, at most 10 s. */
const LAST_PART = 0.05;
const LAST_SECONDS = 10;

/** After a service refused a second token right away, another is not fetched for its sake for so long; milliseconds. */
const REFUSED_PAUSE = 30_000;

/** The token for one target, fetched when needed, renewed ahead of its end. */
export class RenewedToken {
  private held: HeldToken | undefined;
  private pending: Promise<HeldToken | TokenUnavailableError> | undefined;
  private keepUntil = -Infinity;
  private readonly refusals: BackOff;

  constructor(
    private readonly target: TokenTarget,
    private readonly renewal: Renewal,
  ) {
    this.refusals = new BackOff(renewal.clock, renewal.random);
  }

  /**
   * @returns a token that is good now; one request is made however many callers wait for it
   * @throws {TokenUnavailableError} at once while backing off, where no token is good any more
   */
  async get(): Promise<string> {
    const now = this.renewal.clock.now();
    const held = this.stillGood();
    if (held && now < held.renewAt) return held.token;
    const renewed = this.renew();
    if (held && now < held.waitAt) return held.token;
    const outcome = await renewed;
    const best = outcome instanceof TokenUnavailableError ? (this.stillGood() ?? outcome) : outcome;
    if (best instanceof TokenUnavailableError) throw best;
    return best.token;
  }

  /**
   * Drops a token that a service refused.
   *
   * @returns whether another token may help: not where the service has just refused a second one
   */
  drop(token: string): boolean {
    if (this.renewal.clock.now() < this.keepUntil) return false;
    if (this.held?.token === token) this.held = undefined;
    return true;
  }

  /** A service refused the token that was fetched because it had refused the one before: the fault is not the token's. */
  refusedAgain(): void {
    this.keepUntil = this.renewal.clock.now() + REFUSED_PAUSE;
  }

  private stillGood(): HeldToken | undefined {
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
      if (isFirst && this.stillGood()) report(outcome, this.target);
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
