import { type MaybePromise } from '../concurrency/maybe-promise.js';
import { ALGORITHMS } from '../jwt/algorithms.js';
import { anyAudienceOf } from '../jwt/audience.js';
import type { CompactJws } from '../jwt/compact-jws.js';
import { verifyJws, type Expectations } from '../jwt/verify-token.js';
import { keySetSource } from '../key-sets/key-set-source.js';
import { RemoteKeySet } from '../key-sets/remote-key-set.js';
import { Introspection, type TokenState } from './introspection.js';
import type { IssuerSettings } from './issuer-settings.js';
import { KeyLookup, type KeySources } from './key-lookup.js';
import { SharedSecrets } from './shared-secrets.js';
import type { TokenRefusal, VerificationOutcome } from './verification-outcome.js';
import type { VerifierSettings } from './verifier-settings.js';

const KEYS_UNAVAILABLE = 'The keys of the issuer could not be fetched; try again in a moment.';
const STATE_UNAVAILABLE = 'The issuer could not be asked about the token; try again in a moment.';
const REVOKED: TokenRefusal = {
  code: 'token_revoked',
  hint: 'The issuer says that the token is no longer active; request a new one.',
};
const PROOF_REQUIRED: TokenRefusal = {
  code: 'proof_required',
  hint: 'The token is bound to a key of its sender (cnf), and proofs of such keys are not checked here; request a token that is not bound.',
};

/** What all issuers share. */
export interface IssuerVerifierOptions extends Pick<
  VerifierSettings,
  'toleranceSeconds' | 'allowPlainHttp' | 'allowBoundAsBearer' | 'clock' | 'fetch'
> {
  /** Receives what an operator should know. */
  readonly warn: (message: string) => void;
}

/** Verifies the tokens of one issuer with its keys alone. */
export class IssuerVerifier {
  readonly issuer: string;
  private readonly expected: Expectations;
  private readonly sources: KeySources;
  private readonly introspection: Introspection | undefined;

  constructor(
    settings: IssuerSettings,
    private readonly options: IssuerVerifierOptions,
  ) {
    const { clock, fetch, warn } = options;
    this.issuer = settings.issuer;
    this.expected = expectationsOf(settings, options.toleranceSeconds);
    this.sources = {
      secrets: new SharedSecrets(settings.secrets, settings.sharedAlgorithms),
      keySet: remoteKeySet(settings, options),
    };
    this.introspection =
      settings.introspection &&
      new Introspection({
        ...settings.introspection,
        clock,
        fetch,
        report: (reason) => warn(`Introspection failed: ${reason}`),
      });
  }

  /** Whether its tokens can be verified now: an issuer with secrets only has no keys to fetch. */
  get isReady(): boolean {
    return this.sources.keySet?.isKnown ?? true;
  }

  /** Fetches the public keys if none are known. Never rejects; waits for a limited time. */
  async fetchKeys(): Promise<void> {
    await this.sources.keySet?.update(!this.isReady);
  }

  /** @returns the outcome, or a promise of it if the issuer must be queried; neither throws nor rejects */
  verify(jws: CompactJws): MaybePromise<VerificationOutcome> {
    const lookup = new KeyLookup(this.sources);
    const outcome = this.check(jws, lookup);
    const update = lookup.searchedKeySet?.update(mayChangeWithNewerKeys(outcome, lookup));
    if (!update) return this.conclude(jws, outcome, lookup);
    return update.then(() => {
      const newerLookup = new KeyLookup(this.sources);
      return this.conclude(jws, this.check(jws, newerLookup), newerLookup);
    });
  }

  private check(jws: CompactJws, lookup: KeyLookup): VerificationOutcome {
    const outcome = verifyJws(jws, lookup, this.expected, this.options.clock.now());
    if (lookup.searchedKeySet?.isKnown === false) return keysUnavailable(lookup.searchedKeySet);
    const isBound = outcome.code === 'valid' && outcome.claims['cnf'] !== undefined;
    return isBound && !this.options.allowBoundAsBearer ? PROOF_REQUIRED : outcome;
  }

  private conclude(
    jws: CompactJws,
    outcome: VerificationOutcome,
    lookup: KeyLookup,
  ): MaybePromise<VerificationOutcome> {
    const { searchedKeySet: keySet } = lookup;
    // The fetch takes long, and may bring the key yet.
    if (keySet?.isFetching && mayChangeWithNewerKeys(outcome, lookup)) return keysUnavailable(keySet);
    if (!this.introspection || outcome.code !== 'valid') return outcome;
    const state = this.introspection.stateOf(jws.token);
    return typeof state === 'string'
      ? this.outcomeInState(state, outcome)
      : state.then((known) => this.outcomeInState(known, outcome));
  }

  private outcomeInState(state: TokenState, outcome: VerificationOutcome): VerificationOutcome {
    switch (state) {
      case 'active':
        return outcome;
      case 'inactive':
        return REVOKED;
      case 'unavailable': {
        const { retryAfterSeconds = 1 } = this.introspection ?? {};
        return { code: 'unavailable', hint: STATE_UNAVAILABLE, retryAfterSeconds };
      }
    }
  }
}

function remoteKeySet(settings: IssuerSettings, options: IssuerVerifierOptions): RemoteKeySet | undefined {
  const { issuer, publicKeys, publicAlgorithms, keepKeysSeconds } = settings;
  const { allowPlainHttp, clock, fetch, warn } = options;
  const source = keySetSource({ issuer, publicKeys, allowPlainHttp, fetch });
  return (
    source &&
    new RemoteKeySet({
      source,
      algorithms: publicAlgorithms,
      keepSeconds: keepKeysSeconds,
      clock,
      report: (reason) => warn(`Keys could not be fetched: ${reason}`),
    })
  );
}

function expectationsOf(
  { issuer, audiences, types }: IssuerSettings,
  toleranceSeconds: number,
): Expectations {
  const isIssuer = anyAudienceOf([issuer]);
  return {
    issuer,
    audience: audiences,
    // Another spelling of an http(s) audience is the same resource server (RFC 8707 §2).
    isAudience: anyAudienceOf(audiences),
    types,
    toleranceSeconds,
    issuerAdvice: 'set the option issuer to the iss of the tokens that this service accepts',
    // Every holder of a shared secret can also sign with it, so tokens that administer the issuer never use
    // one.
    allows: (audience, { algorithm }) => !ALGORITHMS[algorithm].shared || !isIssuer(audience),
  };
}

/** Whether the key that signed the token may be missing from the key set that was searched. */
function mayChangeWithNewerKeys({ code }: VerificationOutcome, { keyIdKnown }: KeyLookup): boolean {
  return (code === 'invalid_signature' || code === 'unavailable') && !keyIdKnown;
}

function keysUnavailable({ retryAfterSeconds }: RemoteKeySet): VerificationOutcome {
  return { code: 'unavailable', hint: KEYS_UNAVAILABLE, retryAfterSeconds };
}
