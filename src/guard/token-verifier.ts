import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { andThen, type MaybePromise } from '../concurrency/maybe-promise.js';
import { type CompactJws, parseCompactJws } from '../jwt/compact-jws.js';
import { malformedToken } from '../jwt/verify-token.js';
import type { ProtectedSpace } from './bearer-challenge.js';
import { CheckedClaims } from './checked-claims.js';
import { claimsRule } from './claims-rule.js';
import type { GuardHooks } from './guard-events.js';
import type { IdentityAuthOptions } from './identity-auth-options.js';
import { IssuerVerifier } from './issuer-verifier.js';
import { type ProtectedResource, protectedSpace } from './protected-resource.js';
import { type TokenSource, tokenSource } from './token-source.js';
import type { TokenRefusal, VerificationOutcome } from './verification-outcome.js';
import { verifierSettings } from './verifier-settings.js';

/**
 * The refusal of a token that none of several issuers has issued, by its `iss`. There is no key to check its
 * signature with, and none is fetched. Of an unverified token a refusal otherwise discloses only what is
 * wrong with form or signature; this one repeats nothing of it, and the sender knows which `iss` it sent. As
 * `invalid_signature`, it would send developers in search of a wrong key.
 */
const UNKNOWN_ISSUER: TokenRefusal = {
  code: 'invalid_issuer',
  hint: 'The token names none of the issuers whose tokens this service accepts; request a token from one of them.',
};

/**
 * Verifies the tokens that a service receives. The guard uses it; resolvers, gateways and message handlers
 * may use it directly. Create it once, not for each token: it caches the keys of the issuers.
 */
@Injectable()
export class TokenVerifier implements OnModuleInit {
  /** What every challenge says. */
  readonly space: ProtectedSpace;
  /** The names of this service that a token may be for, of all issuers. */
  readonly audiences: readonly string[];
  /** The service as a protected resource, if it is one. */
  readonly resource: ProtectedResource | undefined;
  /** The functions of the application that the guard calls. */
  readonly hooks: GuardHooks;
  private readonly hydratesAtStart: boolean;
  private readonly issuers: ReadonlyMap<string, IssuerVerifier>;
  /** The only issuer, if there is one. It verifies every token, so that it can say what is wrong with `iss`. */
  private readonly onlyIssuer: IssuerVerifier | undefined;
  private readonly checkedClaims: CheckedClaims | undefined;
  private readonly source: TokenSource;

  /** @throws {TypeError} that names the invalid option and the kind of its value, and contains no secret */
  constructor(options: IdentityAuthOptions) {
    const settings = verifierSettings(options);
    const { onAccepted, onRefused, onOutcome } = options;
    const log = new Logger('IdentityAuth');
    const warn = (message: string): void => log.warn(message);
    const error = (message: string): void => log.error(message);
    const verifiers = settings.issuers.map((issuer) => new IssuerVerifier(issuer, { ...settings, warn }));
    this.resource = settings.resource;
    this.space = protectedSpace(settings.realm, settings.resource);
    this.audiences = [...new Set(settings.issuers.flatMap(({ audiences }) => audiences))];
    this.hooks = { onAccepted, onRefused, onOutcome };
    this.hydratesAtStart = options.hydrate ?? false;
    this.issuers = new Map(verifiers.map((verifier) => [verifier.issuer, verifier]));
    this.onlyIssuer = verifiers.length === 1 ? verifiers[0] : undefined;
    this.checkedClaims = options.check && new CheckedClaims(claimsRule(options.check), error);
    this.source = tokenSource(options.tokenFrom, error);
  }

  /**
   * Loads what the option `check` needs and, with the option `hydrate`, fetches the keys. Nest calls it when
   * the application starts.
   *
   * @throws {Error} that says which package is missing, or why a class checks nothing
   */
  async onModuleInit(): Promise<void> {
    await this.checkedClaims?.prepare();
    if (this.hydratesAtStart) await this.hydrate();
  }

  /**
   * Fetches the public keys of all issuers that are not known yet. An issuer that is unavailable is logged;
   * one that hangs is waited for two seconds, while the fetch continues. Never rejects.
   */
  async hydrate(): Promise<void> {
    await Promise.all([...this.issuers.values()].map((issuer) => issuer.fetchKeys()));
  }

  /** The issuers whose keys are unknown now, or too old to be used. */
  issuersWithoutKeys(): readonly string[] {
    return [...this.issuers.values()].filter(({ isReady }) => !isReady).map(({ issuer }) => issuer);
  }

  /**
   * Verifies a token for this service, in the order of `POST /verify`: form, signature, `iat` and `nbf`,
   * `exp`, issuer, audience, and then whether it is bound to a key (`cnf`), with introspection whether the
   * issuer revoked it, and with `check` its claims. Several issuers: `iss` chooses whose keys verify it.
   *
   * @param token compact JWS, as received, without `Bearer`
   * @returns the outcome, or a promise of it if the issuer must be queried or the check is asynchronous;
   *   neither throws nor rejects
   */
  verify(token: string): VerificationOutcome | Promise<VerificationOutcome> {
    // A message may contain anything in place of the token.
    const jws = typeof token === 'string' ? parseCompactJws(token) : 'The token is not text';
    if (typeof jws === 'string') return malformedToken(jws);
    const issuer = this.onlyIssuer ?? this.issuers.get(jws.claims.iss ?? '');
    return issuer ? this.verifyBy(issuer, jws) : UNKNOWN_ISSUER;
  }

  /**
   * Reads the token of a request, from the Authorization header or as the option `tokenFrom` says.
   *
   * @returns the token as received, well-formed or not; `undefined` if there is none
   */
  readToken(request: object): string | undefined {
    return this.source(request);
  }

  private verifyBy(issuer: IssuerVerifier, jws: CompactJws): MaybePromise<VerificationOutcome> {
    const outcome = issuer.verify(jws);
    const { checkedClaims } = this;
    if (!checkedClaims) return outcome;
    return andThen(outcome, (verified) =>
      verified.code === 'valid' ? checkedClaims.check(verified) : verified,
    );
  }
}
