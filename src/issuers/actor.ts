import { isJsonObject } from '../encoding/strict-json.js';
import { isName } from '../encoding/well-formed-text.js';
import { sameAudience } from '../jwt/audience.js';
import type { VerifiedToken } from './outside-token.js';

/** The settings that decide about actors. */
export interface ActorRules {
  /** The issuer of our own tokens. */
  readonly issuer: string;
  /** The most links that an `act` claim may have. */
  readonly maxDelegationDepth: number;
}

type Actor = Readonly<Record<string, unknown>>;

/**
 * Whether a `may_act` claim (RFC 8693 §4.4) allows the client to act. A claim with a field that is not known
 * here may demand more than can be checked, so it is refused.
 */
export function mayAct(claim: unknown, clientId: string, { issuer }: ActorRules): boolean {
  if (claim === undefined) return true;
  if (!isJsonObject(claim)) return false;
  const expected: Readonly<Record<string, string>> = { sub: clientId, iss: issuer, client_id: clientId };
  return (
    Object.hasOwn(claim, 'sub') &&
    Object.entries(claim).every(([name, value]) => Object.hasOwn(expected, name) && value === expected[name])
  );
}

/**
 * The `act` claim of a token that a client gets for a user (RFC 8693 §4.1): the client, before those that
 * acted already. A chain of actors is never dropped.
 *
 * @param impersonates whether the client is not named, if no one acted before it
 * @returns the claim, `null` for none, or what a malformed or too long chain should be
 */
export function actorOf(
  { claims, entry }: VerifiedToken,
  clientId: string,
  impersonates: boolean,
  { issuer, maxDelegationDepth }: ActorRules,
): Actor | null | string {
  const links = linksOf(claims['act']);
  if (!links?.every((link) => isLink(link, issuer))) return 'act with visible names, and not with our iss';
  if (links.length === 0) return impersonates ? null : { sub: clientId };
  if (links.length >= maxDelegationDepth) return `at most ${maxDelegationDepth} links of act`;
  const act = links.reduceRight<Actor | undefined>(
    (inner, link) => joined(link, inner, entry.issuer),
    undefined,
  );
  return { sub: clientId, act };
}

/** @returns the links of a chain, the current actor first; `undefined` if one is not an object */
function linksOf(act: unknown): readonly Actor[] | undefined {
  const links: Actor[] = [];
  for (let link = act; link !== undefined; link = (link as Actor)['act']) {
    if (!isJsonObject(link)) return undefined;
    links.push(link);
  }
  return links;
}

/**
 * An outside issuer cannot say that a client of ours has acted, not even by a name that only looks like one of
 * ours.
 */
function isLink({ sub, iss }: Actor, ownIssuer: string): boolean {
  const isOthers = iss === undefined || (isName(iss) && !sameAudience(iss.trim(), ownIssuer));
  return isName(sub) && isOthers;
}

/** A link names its issuer, so that no name of theirs reads as one of ours. */
function joined({ act: _replaced, ...link }: Actor, inner: Actor | undefined, issuer: string): Actor {
  return { iss: issuer, ...link, ...(inner && { act: inner }) };
}
