import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AssertionStore } from '../clients/assertion-store.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { Clock } from '../clock.js';
import { andThen, type MaybePromise } from '../concurrency/maybe-promise.js';
import { ISSUERS_SETTINGS, type IssuersSettings } from '../config/namespaces.js';
import { anyAudienceOf } from '../jwt/audience.js';
import { type OutsideJws, parseOutsideJws } from '../jwt/compact-jws.js';
import { baseUrlOf, publishedUrls } from '../published-urls.js';
import { checkAlgorithm, type CheckContext, checkOutsideToken, lacksKey } from './check-outside-token.js';
import type { IssuerKeySet } from './issuer-key-set.js';
import { IssuerKeys } from './issuer-keys.js';
import { IssuerRegistry } from './issuer-registry.js';
import { IssuerReport } from './issuer-report.js';
import {
  type CheckName,
  CHECKS,
  failed,
  type FailedCheck,
  type Rules,
  type VerifiedToken,
} from './outside-token.js';
import { type IssuerUse, type TrustedIssuer, trustDomainOf } from './trusted-issuer.js';

/** The longest `jti` that is remembered, in bytes. */
const MAX_TOKEN_ID_BYTES = 256;

/** A SPIFFE ID (SPIFFE-ID §2): the trust domain, and a path without empty or dot segments. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+)$/;

/** The keys of the issuer are not known now. */
export interface KeysUnavailable {
  readonly code: 'unavailable';
}

/** The outcome of {@link OutsideTokens.verify}. */
export type OutsideTokenOutcome<T> =
  { readonly code: 'accepted'; readonly value: T } | FailedCheck | KeysUnavailable;

/** A token as {@link OutsideTokens.read} finds it: nothing about it has been verified. */
export interface ReadToken {
  /** The token, or why it is malformed. */
  readonly jws: OutsideJws | string;
  /** The entry that it names, even a disabled one; `undefined` if it names none. */
  readonly entry: TrustedIssuer | undefined;
}

/** A token that is presented for a use. */
export interface PresentedToken {
  readonly token: ReadToken;
  readonly use: IssuerUse;
  /** The request that presents it. */
  readonly requestId: string;
}

/**
 * Whether a token is not used yet.
 *
 * @param key the name under which its use is stored
 * @param expiresAt when the token expires, in whole seconds since 1970
 */
type IsUnused = (key: string, expiresAt: number) => Promise<boolean>;

/** What a token is checked for. */
interface Checks<T> {
  readonly token: ReadToken;
  readonly use: IssuerUse;
  readonly rules: Rules<T>;
  readonly isUnused: IsUnused;
}

/** The outcome, and the subject once the signature is verified. */
interface Checked<T> {
  readonly outcome: OutsideTokenOutcome<T>;
  readonly subject?: string | undefined;
}

/**
 * Checks tokens of trusted issuers, for every use in the same order: form, issuer, key, signature, claims, the
 * rules of the use, replay. No request is sent and no key is used for an issuer that is unknown, disabled or
 * not trusted for the use.
 */
@Injectable()
export class OutsideTokens {
  private readonly ownIssuer: string;
  private readonly isTokenEndpoint: (audience: string) => boolean;
  private readonly isClient = (subject: string): boolean => this.clients.isClient(subject);
  private readonly isPrefixed = (subject: string, entryId: string): boolean =>
    this.issuers.isPrefixed(subject, entryId);

  constructor(
    private readonly issuers: IssuerRegistry,
    private readonly keys: IssuerKeys,
    private readonly clients: ClientRegistry,
    private readonly used: AssertionStore,
    private readonly clock: Clock,
    private readonly report: IssuerReport,
    @Inject(ISSUERS_SETTINGS) { issuer, publicUrl }: Pick<IssuersSettings, 'issuer' | 'publicUrl'>,
  ) {
    this.ownIssuer = issuer;
    // A client that knows the issuer alone derives the endpoint from it, whatever PUBLIC_URL says.
    const urls = [publicUrl, baseUrlOf(issuer)].filter((url) => url !== undefined);
    this.isTokenEndpoint = anyAudienceOf(urls.map((url) => publishedUrls(url).tokenEndpoint));
  }

  /** @param text a compact JWS, as received */
  read(text: string): ReadToken {
    const jws = parseOutsideJws(text);
    return { jws, entry: typeof jws === 'string' ? undefined : this.entryOf(jws) };
  }

  /** Whether there are trusted issuers at all. */
  get hasIssuers(): boolean {
    return this.issuers.size > 0;
  }

  /** Reports a client assertion that was refused, and that no trusted issuer signed. */
  reportForeign({ jws }: ReadToken, requestId: string): void {
    const outcome = typeof jws === 'string' ? 'form' : 'issuer';
    const use = 'client_authentication';
    this.report.outcome({ requestId, use, issuer: undefined, outcome, subject: undefined });
  }

  /**
   * Checks a token, and uses up its `jti` if the entry says so. Reports the outcome.
   *
   * @param rules the rules of the use; called only for a token that passed all earlier checks, and again once
   *   its use has been stored
   * @returns a promise only if keys are fetched or the use is stored
   * @throws {StoreUnavailable} if the store cannot say whether the token was used before
   */
  verify<T>(
    { token, use, requestId }: PresentedToken,
    rules: Rules<T>,
  ): MaybePromise<OutsideTokenOutcome<T>> {
    const isUnused: IsUnused = (key, expiresAt) => this.used.useOnce(key, expiresAt);
    return andThen(this.check({ token, use, rules, isUnused }), ({ outcome, subject }) => {
      this.report.outcome({
        requestId,
        use,
        issuer: token.entry?.id,
        outcome: outcome.code === 'refused' ? outcome.check : outcome.code,
        subject,
      });
      return outcome;
    });
  }

  /**
   * Checks a token as {@link verify} does, but neither uses it up nor reports the outcome.
   *
   * @throws {StoreUnavailable}
   */
  async inspect<T>(token: ReadToken, use: IssuerUse, rules: Rules<T>): Promise<OutsideTokenOutcome<T>> {
    const isUnused: IsUnused = async (key) => !(await this.used.isUsed(key));
    return (await this.check({ token, use, rules, isUnused })).outcome;
  }

  private check<T>(checks: Checks<T>): MaybePromise<Checked<T>> {
    const { jws, entry } = checks.token;
    if (typeof jws === 'string') return { outcome: failed('form', undefined, jws) };
    if (!entry) return { outcome: failed('issuer', 'the issuer of an entry', jws.claims.iss) };
    const refusal = unusable(entry, checks.use) ?? checkAlgorithm(jws, entry);
    if (refusal) return { outcome: refusal };
    return andThen(
      this.keys.find(entry, (set) => lacksKey(jws, set)),
      (keys) => this.checkBy(keys, jws, entry, checks),
    );
  }

  private checkBy<T>(
    keys: IssuerKeySet | undefined,
    jws: OutsideJws,
    entry: TrustedIssuer,
    { use, rules, isUnused }: Checks<T>,
  ): MaybePromise<Checked<T>> {
    // While the keys were fetched, the entry may have been disabled, changed or deleted.
    const changed = this.changed(entry);
    if (changed) return { outcome: changed };
    if (!keys) return { outcome: { code: 'unavailable' } };
    const verified = checkOutsideToken(jws, entry, keys, this.contextOf(use));
    if ('check' in verified) return { outcome: verified, subject: subjectIfVerified(verified, jws) };
    const { subject } = verified;
    const decided = rules(verified);
    if (decided.code === 'refused' || !isSingleUse(verified)) return { outcome: decided, subject };
    return andThen(this.checkReplay(verified, isUnused), (replayed) => ({
      // While the use of the token was stored, too, the entry may have changed, or what the rules decide by.
      outcome: replayed ?? this.changed(entry) ?? rules(verified),
      subject,
    }));
  }

  private changed(entry: TrustedIssuer): FailedCheck | undefined {
    return this.issuers.find(entry.id) === entry
      ? undefined
      : failed('issuer', 'an unchanged entry', 'a changed entry');
  }

  /** A token without `iss` is found by the trust domain of its `sub`; one with both must agree with both. */
  private entryOf({ claims: { iss, sub = '' } }: OutsideJws): TrustedIssuer | undefined {
    const [, domain = ''] = SPIFFE_ID.exec(sub) ?? [];
    const entry = iss === undefined ? this.issuers.byTrustDomain(domain) : this.issuers.byIssuer(iss);
    // An entry may be older than a setting that made its issuer our own.
    if (entry?.issuer === this.ownIssuer) return undefined;
    const required = entry && trustDomainOf(entry);
    return required === undefined || required === domain ? entry : undefined;
  }

  private contextOf(use: IssuerUse): CheckContext {
    const { ownIssuer, isTokenEndpoint, isClient, isPrefixed } = this;
    return { use, now: this.clock.now() / 1000, ownIssuer, isTokenEndpoint, isClient, isPrefixed };
  }

  /** The last of all checks: a forged token never uses up the `jti` of another. */
  private async checkReplay(token: VerifiedToken, isUnused: IsUnused): Promise<FailedCheck | undefined> {
    const key = replayKey(token);
    if (key === undefined) return failed('replay', 'a jti of 1 to 256 bytes');
    return (await isUnused(key, Math.ceil(token.claims.exp)))
      ? undefined
      : failed('replay', 'a token that was not used before');
  }
}

function unusable(entry: TrustedIssuer, use: IssuerUse): FailedCheck | undefined {
  if (entry.disabled) return failed('issuer', 'an enabled entry', 'a disabled entry');
  return entry.uses.includes(use) ? undefined : failed('issuer', `an entry for ${use}`, entry.uses);
}

/** The checks that follow that of the signature: only then has the issuer said who the subject is. */
const AFTER_SIGNATURE: readonly CheckName[] = CHECKS.slice(CHECKS.indexOf('signature') + 1);

function subjectIfVerified({ check }: FailedCheck, { claims }: OutsideJws): string | undefined {
  return AFTER_SIGNATURE.includes(check) ? claims.sub : undefined;
}

function isSingleUse({ entry, use }: VerifiedToken): boolean {
  return entry.replay[use] === 'once' || (use === 'jwt_bearer' && entry.idJag);
}

/** The name under which the use of a token is stored: no client assertion has three parts in its name. */
function replayKey({ entry, claims: { jti } }: VerifiedToken): string | undefined {
  if (jti === undefined || Buffer.byteLength(jti) > MAX_TOKEN_ID_BYTES) return undefined;
  return createHash('sha256')
    .update(JSON.stringify(['outside', entry.issuer, jti]))
    .digest('base64url');
}
