/** What is known about a token: it may be valid, its revocation may be asked for or answered, or not be answered at all. */
export type TokenState = 'valid' | 'asked' | 'revoked' | 'unknown';

interface Outage {
  readonly begun: number;
  ended: number;
}

/** How soon a revocation must hold on every instance, in general and after an outage of the database. */
export interface LedgerDelays {
  readonly everywhereMs: number;
  readonly recoveryMs: number;
}

/** The responses to callers of several instances, which hold for any of them at any time. */
export class Ledger {
  private readonly entries = new Map<string, { readonly state: TokenState; readonly since: number }>();
  private readonly outages: Outage[] = [];

  constructor(private readonly delays: LedgerDelays) {}

  set(token: string, state: TokenState): void {
    this.entries.set(token, { state, since: Date.now() });
  }

  /** The database is unavailable from now on, until the end is noted. */
  outage(): Outage {
    const outage = { begun: Date.now(), ended: Infinity };
    this.outages.push(outage);
    return outage;
  }

  tokens(state: TokenState): readonly string[] {
    return [...this.entries].filter(([, entry]) => entry.state === state).map(([token]) => token);
  }

  /** @returns whether a request now must be answered `valid`, or `token_revoked`; `undefined` if both are right */
  expected(token: string): 'valid' | 'token_revoked' | undefined {
    const { state, since } = this.entries.get(token) ?? { state: 'unknown', since: 0 };
    if (state === 'valid') return 'valid';
    if (state !== 'revoked') return undefined;
    const due = this.outages.reduce(
      // An instance that had not read it before the database went reads it when the database is back.
      (time, { begun, ended }) =>
        begun < time && ended > since ? Math.max(time, ended + this.delays.recoveryMs) : time,
      since + this.delays.everywhereMs,
    );
    return Date.now() > due ? 'token_revoked' : undefined;
  }
}
