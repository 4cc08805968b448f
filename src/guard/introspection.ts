import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { isJsonObject } from '../encoding/strict-json.js';
import { basicAuthorization } from '../http-client/basic-authorization.js';
import { BoundedMap } from '../concurrency/bounded-map.js';
import { limitedWait } from '../concurrency/limited-wait.js';
import { fetchJson, type Fetch } from '../http-client/fetch-json.js';
import { RemoteFailure } from '../http-client/remote-failure.js';
import { MAX_WAIT_MS } from '../key-sets/remote-key-set.js';
import type { IntrospectionOptions } from './identity-auth-options.js';

/** What the issuer responds about a token; `unavailable` if there is no response. */
export type TokenState = 'active' | 'inactive' | 'unavailable';

/** How to query the issuer. */
export interface IntrospectionSettings extends IntrospectionOptions {
  readonly cacheSeconds: number;
  readonly clock: Clock;
  readonly fetch: Fetch;
  /** Receives why the issuer could not be queried, once for each outage. */
  readonly report: (reason: string) => void;
}

/** The maximum number of cached responses. */
const MAX_CACHED = 10_000;

/**
 * How long no query starts after one failed because the issuer is unavailable, in milliseconds, so that
 * requests do not pile up.
 */
const PAUSE_MS = 1_000;

interface CachedState {
  readonly state: Promise<TokenState> | TokenState;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Asks the issuer whether tokens are still active (RFC 7662), with at most one query per token at a time, and
 * caches the responses.
 */
export class Introspection {
  private readonly cache = new BoundedMap<CachedState>(MAX_CACHED);
  private isFailing = false;
  private pausedUntil = -Infinity;

  constructor(private readonly settings: IntrospectionSettings) {}

  /** When the next query may have ended or start, in whole seconds from now, at least 1. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.pausedUntil - this.settings.clock.now()) / 1000));
  }

  /**
   * Finds the state of a token in the cache, or asks for it. A caller waits at most {@link MAX_WAIT_MS}; the
   * query continues, and its response is cached.
   *
   * @param token whose signature is valid: other callers cannot make this service send queries
   */
  stateOf(token: string): TokenState | Promise<TokenState> {
    const now = this.settings.clock.now();
    // A digest, so that no token is kept in memory.
    const id = createHash('sha256').update(token).digest('base64url');
    const cached = this.cache.get(id);
    if (cached && now < cached.until) return cached.state;
    if (now < this.pausedUntil) return 'unavailable';
    const found = this.ask(token).then((response) => this.cacheState(id, response, now));
    const state = limitedWait(found, MAX_WAIT_MS, 'unavailable');
    this.cache.set(id, { state, until: Infinity });
    return state;
  }

  private async ask(token: string): Promise<TokenState> {
    const { endpoint, clientId, clientSecret, fetch } = this.settings;
    try {
      const { status, body } = await fetchJson(fetch, endpoint, {
        method: 'POST',
        headers: { accept: 'application/json', authorization: basicAuthorization(clientId, clientSecret) },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      });
      const active = status === 200 && isJsonObject(body) ? body['active'] : undefined;
      if (typeof active !== 'boolean') throw new RemoteFailure(endpoint, `status ${status}`, status);
      this.isFailing = false;
      return active ? 'active' : 'inactive';
    } catch (cause) {
      this.failed(cause instanceof RemoteFailure ? cause : new RemoteFailure(endpoint, 'unknown'));
      return 'unavailable';
    }
  }

  private cacheState(id: string, state: TokenState, askedAt: number): TokenState {
    if (state === 'unavailable') this.cache.delete(id);
    else this.cache.set(id, { state, until: askedAt + this.settings.cacheSeconds * 1000 });
    return state;
  }

  private failed({ message, status }: RemoteFailure): void {
    if (!this.isFailing) this.settings.report(message);
    this.isFailing = true;
    // A response below 500, however odd, shows that the issuer responds: other tokens can still be queried.
    const isUnavailable = status === undefined || status >= 500;
    if (isUnavailable) this.pausedUntil = this.settings.clock.now() + PAUSE_MS;
  }
}
