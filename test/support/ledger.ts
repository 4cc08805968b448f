/** The state of a token: valid; its revocation requested, confirmed, or left without a response. */
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

/** What callers of several instances know about tokens, which every instance must respect. */
export class Ledger {
  private readonly entries = new Map<string, { readonly state: TokenState; readonly since: number }>();
  private readonly outages: Outage[] = [];

  constructor(private readonly delays: LedgerDelays) {}

  set(token: string, state: TokenState): void {
    this.entries.set(token, { state, since: Date.now() });
  }

  /** The database is unavailable from now until `ended` is set. */
  outage(): Outage {
    const outage = { begun: Date.now(), ended: Infinity };
    this.outages.push(outage);
    return outage;
  }

  tokens(state: TokenState): readonly string[] {
    return [...this.entries].filter(([, entry]) => entry.state === state).map(([token]) => token);
  }

  /** @returns the verdict that a request must get now; `undefined` if both are right */
  expected(token: string): 'valid' | 'token_revoked' | undefined {
    const { state, since } = this.entries.get(token) ?? { state: 'unknown', since: 0 };
    if (state === 'valid') return 'valid';
    if (state !== 'revoked') return undefined;
    const due = this.outages.reduce(
      // An instance that had not read it before the outage reads it afterwards.
      (time, { begun, ended }) =>
        begun < time && ended > since ? Math.max(time, ended + this.delays.recoveryMs) : time,
      since + this.delays.everywhereMs,
    );
    return Date.now() > due ? 'token_revoked' : undefined;
  }
}
