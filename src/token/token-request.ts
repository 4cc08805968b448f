import { RESERVED_CLAIMS } from '../jwt/claims.js';
import { isJsonObject } from '../encoding/strict-json.js';
import type { TokenType } from '../jwt/compact-jws.js';

/** A request for a token. */
export interface TokenRequest {
  /** Who the token is about: its `sub`. */
  readonly subject: string;
  /** Who may accept the token: its `aud`. A string stays a string, and an array stays an array. */
  readonly audience: string | readonly string[];
  /** Scope tokens separated by one space (RFC 6749 §3.3). */
  readonly scope?: string;
  /**
   * The lifetime of the token: whole seconds, at least 1. Default: the longest that the settings and the
   * client allow.
   */
  readonly lifetimeSeconds?: number;
  /** Custom claims. The names of claims that the service sets or interprets are refused. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The latest `exp` of the token, in whole seconds since 1970. Default: no limit but the lifetime. */
  readonly expiresBy?: number;
  /**
   * The `act` claim (RFC 8693 §4.1), which names who acts for the subject; `null` for none. Default: the client,
   * if the subject is another.
   */
  readonly actor?: Readonly<Record<string, unknown>> | null;
  /**
   * The client that requests the token. The caller must have checked that it may have what it requests.
   * Omitted for an anonymous caller.
   */
  readonly client?: RequestingClient;
  /**
   * The `typ` of the token: `at+jwt` for an access token (RFC 9068), the only type that may be addressed to
   * the service itself. Default: `JWT`.
   */
  readonly type?: TokenType;
}

/** The client that a token is issued to. */
export interface RequestingClient {
  /** The `client_id` of the token. */
  readonly id: string;
  /** The longest lifetime of its tokens, in seconds; `null` for the configured one. */
  readonly tokenLifetimeSeconds: number | null;
  /** The last 12 hex digits of the `jti` of its tokens; omitted if they are random. */
  readonly tokenMark?: string | undefined;
}

/** The names of claims that are refused. No reader accepts a token with a claim named `__proto__`. */
const REFUSED_NAMES: ReadonlySet<string> = new Set([...RESERVED_CLAIMS, '__proto__']);

const isText = (value: unknown): boolean => typeof value === 'string';

/**
 * Checks the types of a request at run time, because JavaScript applications may pass on whatever they
 * received. Otherwise an object with `toJSON` would be signed as another subject or audience than the one
 * that was checked.
 *
 * @returns one sentence without a full stop that says what is wrong; `undefined` if nothing is
 */
export function faultOf(request: TokenRequest): string | undefined {
  const { subject, audience, scope, lifetimeSeconds, claims } = request;
  if (!isText(subject)) return 'subject must be a string';
  if (!isText(audience) && !(Array.isArray(audience) && audience.every(isText))) {
    return 'audience must be a string or an array of strings';
  }
  if (scope !== undefined && !isText(scope)) return 'scope must be a string';
  if (lifetimeSeconds !== undefined && !(Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 1)) {
    return 'lifetimeSeconds must be a whole number of seconds, at least 1';
  }
  return faultOfEvidence(request) ?? (claims === undefined ? undefined : faultOfClaims(claims));
}

function faultOfEvidence({ expiresBy, actor }: TokenRequest): string | undefined {
  if (expiresBy !== undefined && !Number.isInteger(expiresBy)) {
    return 'expiresBy must be whole seconds since 1970';
  }
  return actor === undefined || actor === null || isJsonObject(actor)
    ? undefined
    : 'actor must be an object or null';
}

function faultOfClaims(claims: Readonly<Record<string, unknown>>): string | undefined {
  if (!isJsonObject(claims)) return 'claims must be an object';
  const refused = Object.keys(claims).find((name) => REFUSED_NAMES.has(name));
  if (refused !== undefined) return `claims must not contain ${refused}`;
  // With such a method, the value that it returns would be signed in place of all claims.
  return typeof claims['toJSON'] === 'function' ? 'claims must not have a method toJSON' : undefined;
}
