import { randomUUID } from 'node:crypto';
import type { JwtService, JwtSignOptions } from '@nestjs/jwt';
import { sameAudience } from '../../jwt/audience.js';
import { audiencesOf, type Claims, readClaims, REVOCATIONS_AUDIENCE } from '../../jwt/claims.js';
import { isJsonObject } from '../../encoding/strict-json.js';

/** The sources of the claims other than the payload and the options. */
export interface ClaimsContext {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  /** Signs and reads drafts. */
  readonly drafts: JwtService;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Options that follow from the key, which the key ring chooses. */
const OF_THE_KEY = ['algorithm', 'keyid', 'header'] as const;

/**
 * Makes the claims of a token from a payload and the options of `sign`. The library reads both and writes a
 * draft; the settings provide the claims that the draft lacks.
 *
 * @throws {Error} naming the option or claim that is refused
 */
export function claimsToSign(payload: unknown, options: JwtSignOptions, context: ClaimsContext): Claims {
  const { issuer, lifetimeSeconds, now } = context;
  const chosen = OF_THE_KEY.find((name) => options[name] !== undefined);
  if (chosen) throw refused(chosen, 'is not allowed: it follows from the key, which TokenModule chooses');
  const draft = draftClaims(payload, options, context);
  const start = typeof draft['iat'] === 'number' ? draft['iat'] : now;
  const claims = readClaims({ iss: issuer, jti: randomUUID(), exp: start + lifetimeSeconds, ...draft });
  if (typeof claims === 'string') throw new Error(claims);
  // Otherwise an `iat` ahead of the clock would keep a token valid for longer, and one behind the clock would
  // lengthen its lifetime.
  if (claims.exp - Math.min(start, now) > lifetimeSeconds) {
    const name = options.expiresIn === undefined ? 'exp' : 'expiresIn';
    throw refused(name, `must be at most ${lifetimeSeconds} seconds ahead, the lifetime of TokenModule`);
  }
  if (claims.iss !== issuer) throw refused('issuer', `must be that of TokenModule, ${issuer}`);
  const audiences = audiencesOf(claims.aud);
  if (audiences.some((audience) => sameAudience(audience, issuer)))
    throw refused('audience', 'must not be the issuer itself');
  if (audiences.includes(REVOCATIONS_AUDIENCE)) {
    throw refused('audience', `must not be ${REVOCATIONS_AUDIENCE}, which is reserved`);
  }
  return claims;
}

/** @returns an error that names an option of `sign`, as those of the library do */
export function refused(option: string, reason: string): Error {
  return new Error(`"${option}" ${reason}`);
}

function draftClaims(
  payload: unknown,
  options: JwtSignOptions,
  { drafts, now }: ClaimsContext,
): Record<string, unknown> {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
    throw refused('payload', 'must be an object: a string or a buffer has no claims');
  }
  // The claims of a JWT are UTF-8 (RFC 7519 §7.1).
  if (typeof options.encoding === 'string' && !/^(?:utf-?8)?$/i.test(options.encoding)) {
    throw refused('encoding', 'must be utf8');
  }
  const [draft, unread] = isJsonObject(payload) ? draftPayload(payload, now) : [payload, {}];
  const claims: unknown = drafts.decode(drafts.sign(draft as object, options));
  if (!isJsonObject(claims)) throw refused('payload', 'must be an object');
  return { ...claims, ...unread };
}

/**
 * Copies a payload for the library, with the time of the clock as `iat`, and with its prototype, by which the
 * library recognizes a plain object.
 *
 * @returns the copy, and the claims that jsonwebtoken fails to read because it takes their names for rules of
 *   its own
 */
function draftPayload(payload: object, now: number): readonly [draft: object, unread: object] {
  const claims = Object.entries(payload);
  const isUnread = ([name]: readonly [string, unknown]): boolean => name in Object.prototype;
  const draft = Object.assign(Object.create(Object.getPrototypeOf(payload) as object | null) as object, {
    iat: now,
    ...Object.fromEntries(claims.filter((claim) => !isUnread(claim))),
  });
  // The library treats 0 and NaN as absent and would read the system clock instead.
  if (typeof draft.iat === 'number') draft.iat ||= now;
  return [draft, Object.fromEntries(claims.filter(isUnread))];
}
