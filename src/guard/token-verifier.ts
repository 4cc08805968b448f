import { Injectable, Logger } from '@nestjs/common';
import { ALGORITHMS } from '../jwt/algorithms.js';
import { audiencesOf } from '../jwt/claims.js';
import { verifyToken, type Expectations } from '../jwt/verify-token.js';
import type { VerificationResult } from '../jwt/verification-result.js';
import type { IdentityAuthOptions } from './identity-auth-options.js';
import type { ProtectedSpace } from './bearer-challenge.js';
import { bearerToken } from './bearer-token.js';
import type { GuardHooks } from './guard-events.js';
import { Introspection, type TokenState } from './introspection.js';
import { KeyLookup, type KeySources } from './key-lookup.js';
import { keySetSource } from '../key-sets/key-set-source.js';
import { RemoteKeySet } from '../key-sets/remote-key-set.js';
import { SharedSecrets } from './shared-secrets.js';
import type { VerificationOutcome } from './verification-outcome.js';
import { verifierSettings, type VerifierSettings } from './verifier-settings.js';

const KEYS_UNAVAILABLE = 'The keys of the issuer could not be fetched; try again in a moment.';
const STATE_UNAVAILABLE = 'The issuer could not be asked about the token; try again in a moment.';
const NOT_ACTIVE = 'The issuer says that the token is no longer active; request a new one.';

/**
 * Verifies the tokens that a service receives. The guard uses it; resolvers, gateways and message handlers
 * may use it directly. Create it once, not for each token: it caches the keys of the issuer.
 */
@Injectable()
export class TokenVerifier {
  /** What every challenge says. */
  readonly space: ProtectedSpace;
  /** The functions of the application that the guard calls. */
  readonly hooks: GuardHooks;
  private readonly settings: VerifierSettings;
  private readonly expected: Expectations;
  private readonly sources: KeySources;
  private readonly introspection: Introspection | undefined;

  /** @throws {TypeError} that names the invalid option, and contains no secret */
  constructor(options: IdentityAuthOptions) {
    const settings = verifierSettings(options);
    const { secrets, sharedAlgorithms, publicAlgorithms, keepKeysSeconds } = settings;
    const { introspection, clock, fetch } = settings;
    const log = new Logger('IdentityAuth');
    const source = keySetSource(settings);
    this.settings = settings;
    this.space = { realm: settings.realm };
    this.hooks = options;
    this.expected = expectationsOf(settings);
    this.sources = {
      secrets: new SharedSecrets(secrets, sharedAlgorithms),
      keySet:
        source &&
        new RemoteKeySet({
          source,
          algorithms: publicAlgorithms,
          keepSeconds: keepKeysSeconds,
          clock,
          report: (reason) => log.warn(`Keys could not be fetched: ${reason}`),
        }),
    };
    this.introspection =
      introspection &&
      new Introspection({
        ...introspection,
        clock,
        fetch,
        report: (reason) => log.warn(`Introspection failed: ${reason}`),
      });
  }

  /**
   * Verifies a token for this service, in the order of `POST /verify`: form, signature, `iat` and `nbf`,
   * `exp`, issuer, audience and, with introspection, whether the issuer revoked it.
   *
   * @param token compact JWS, as received, without `Bearer`
   * @returns the outcome, or a promise of it if the issuer must be queried; neither throws nor rejects
   */
  verify(token: string): VerificationOutcome | Promise<VerificationOutcome> {
    const lookup = new KeyLookup(this.sources);
    const outcome = this.check(token, lookup);
    const update = lookup.searchedKeySet?.update(mayChangeWithNewerKeys(outcome, lookup));
    if (!update) return this.checkState(token, outcome);
    return update.then(() => this.checkState(token, this.check(token, new KeyLookup(this.sources))));
  }

  /**
   * Reads the token of a request.
   *
   * @returns the token as received, or `undefined` if there is none
   */
  readToken(request: object): string | undefined {
    return bearerToken(request);
  }

  private check(token: string, lookup: KeyLookup): VerificationOutcome {
    const verdict = verifyToken(token, lookup, this.expected, this.settings.clock.now());
    if (lookup.searchedKeySet?.isKnown === false)
      return { code: 'unavailable', hint: KEYS_UNAVAILABLE, retryAfterSeconds: 1 };
    return this.checkAudiences(verdict);
  }

  /** Checks several audiences: {@link verifyToken} checks one, and is given none if there are several. */
  private checkAudiences(verdict: VerificationResult): VerificationResult {
    const { audiences } = this.settings;
    if (verdict.code !== 'valid' || audiences.length === 1) return verdict;
    if (audiencesOf(verdict.claims.aud).some((audience) => audiences.includes(audience))) return verdict;
    const names = audiences.map((audience) => JSON.stringify(audience)).join(' or ');
    return {
      code: 'invalid_audience',
      hint: `The token is not for ${names}; request a token with that aud.`,
    };
  }

  private checkState(
    token: string,
    outcome: VerificationOutcome,
  ): VerificationOutcome | Promise<VerificationOutcome> {
    if (!this.introspection || outcome.code !== 'valid') return outcome;
    const state = this.introspection.stateOf(token);
    return typeof state === 'string'
      ? outcomeInState(state, outcome)
      : state.then((known) => outcomeInState(known, outcome));
  }
}

function expectationsOf({ issuer, audiences, toleranceSeconds }: VerifierSettings): Expectations {
  return {
    issuer,
    audience: audiences.length === 1 ? audiences[0] : undefined,
    toleranceSeconds,
    // Every holder of a shared secret can also sign with it, so tokens that administer the issuer never use
    // one.
    allows: (audience, { algorithm }) => audience !== issuer || !ALGORITHMS[algorithm].shared,
  };
}

/** Whether the key that signed the token may be missing from the key set that was searched. */
function mayChangeWithNewerKeys({ code }: VerificationOutcome, { keyIdKnown }: KeyLookup): boolean {
  return (code === 'invalid_signature' || code === 'unavailable') && !keyIdKnown;
}

function outcomeInState(state: TokenState, outcome: VerificationOutcome): VerificationOutcome {
  switch (state) {
    case 'active':
      return outcome;
    case 'inactive':
      return { code: 'token_revoked', hint: NOT_ACTIVE };
    case 'unavailable':
      return { code: 'unavailable', hint: STATE_UNAVAILABLE, retryAfterSeconds: 1 };
  }
}
