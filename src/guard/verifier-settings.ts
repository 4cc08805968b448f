import { SystemClock, type Clock } from '../clock.js';
import { ALGORITHMS, isAlgorithm, type Algorithm } from '../jwt/algorithms.js';
import { audiencesOf } from '../jwt/claims.js';
import { MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';
import { secretWeakness } from '../jwt/secret-strength.js';
import { globalFetch, type Fetch } from '../http-client/fetch-json.js';
import { checkServiceAddress } from '../http-client/service-address.js';
import type {
  GuardOptions,
  IdentityAuthOptions,
  IntrospectionOptions,
  IssuerOptions,
} from './identity-auth-options.js';

/** The options, validated and complete. */
export interface VerifierSettings {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly secrets: readonly string[];
  readonly sharedAlgorithms: readonly Algorithm[];
  /** How the public keys are found: at a URL, or in the issuer's metadata; `undefined` if there are none. */
  readonly publicKeys: { readonly jwksUri: string } | 'discover' | undefined;
  readonly publicAlgorithms: readonly Algorithm[];
  /** How long the public keys stay in use while the issuer is unavailable, in seconds. */
  readonly keepKeysSeconds: number;
  readonly toleranceSeconds: number;
  readonly introspection: CompleteIntrospection | undefined;
  readonly realm: string;
  readonly allowPlainHttp: boolean;
  readonly clock: Clock;
  readonly fetch: Fetch;
}

const MAX_KEEP_KEYS_SECONDS = 30 * 86_400;
const DEFAULT_KEEP_KEYS_SECONDS = 86_400;
const MAX_CACHE_SECONDS = 300;
const DEFAULT_CACHE_SECONDS = 10;
const DEFAULT_SHARED: readonly Algorithm[] = ['HS256'];
const DEFAULT_PUBLIC: readonly Algorithm[] = ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'];

/**
 * Validates the options and fills in the defaults, so that invalid options fail the start of the application,
 * not its first request.
 *
 * @throws {TypeError} that names the invalid option, and contains no secret
 */
export function verifierSettings(options: IdentityAuthOptions): VerifierSettings {
  check(!('issuers' in options), 'several issuers are not supported');
  const { allowPlainHttp = false, clockToleranceSeconds = 0 } = options;
  const { keepKeysSeconds = DEFAULT_KEEP_KEYS_SECONDS } = options;
  const audiences = audiencesOf(options.audience);
  check(isName(options.issuer), 'issuer must be a non-empty string');
  check(audiences.length > 0 && audiences.every(isName), 'audience must be a non-empty string, or several');
  check(
    isWithin(clockToleranceSeconds, MAX_TOLERANCE_SECONDS),
    `clockToleranceSeconds must be 0 to ${MAX_TOLERANCE_SECONDS}`,
  );
  check(
    Number.isInteger(keepKeysSeconds) && keepKeysSeconds >= 1 && keepKeysSeconds <= MAX_KEEP_KEYS_SECONDS,
    `keepKeysSeconds must be a whole number from 1 to ${MAX_KEEP_KEYS_SECONDS}`,
  );
  const secrets = options.secrets ?? [];
  const publicKeys = keySetLocation(options, allowPlainHttp);
  const algorithms = acceptedAlgorithms(options, secrets.length > 0, publicKeys !== undefined);
  const sharedAlgorithms = algorithms.filter((algorithm) => ALGORITHMS[algorithm].shared);
  checkSecrets(secrets, sharedAlgorithms);
  return {
    issuer: options.issuer,
    audiences,
    secrets,
    sharedAlgorithms,
    publicKeys,
    publicAlgorithms: algorithms.filter((algorithm) => !ALGORITHMS[algorithm].shared),
    keepKeysSeconds,
    toleranceSeconds: clockToleranceSeconds,
    introspection: options.introspection && checkIntrospection(options.introspection, allowPlainHttp),
    realm: options.realm ?? audiences[0] ?? '',
    allowPlainHttp,
    clock: options.clock ?? new SystemClock(),
    fetch: options.fetch ?? globalFetch,
  };
}

function check(holds: boolean, words: string): asserts holds {
  if (!holds) throw new TypeError(`IdentityAuthModule: ${words}`);
}

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isWithin = (value: unknown, most: number): boolean =>
  typeof value === 'number' && value >= 0 && value <= most;

function keySetLocation(
  { issuer, jwksUri, discover }: GuardOptions & IssuerOptions,
  allowPlainHttp: boolean,
): VerifierSettings['publicKeys'] {
  check(jwksUri === undefined || !discover, 'give either jwksUri or discover');
  if (jwksUri !== undefined) {
    checkServiceAddress('IdentityAuthModule: jwksUri', jwksUri, { allowPlainHttp });
    return { jwksUri };
  }
  if (!discover) return undefined;
  checkServiceAddress('IdentityAuthModule: with discover, issuer', issuer, { allowPlainHttp });
  return 'discover';
}

function acceptedAlgorithms(
  { algorithms }: IssuerOptions,
  hasSecrets: boolean,
  hasPublicKeys: boolean,
): readonly Algorithm[] {
  check(hasSecrets || hasPublicKeys, 'give secrets, jwksUri or discover');
  if (!algorithms) {
    check(!hasSecrets || !hasPublicKeys, 'algorithms is required if both secrets and public keys are given');
    return hasSecrets ? DEFAULT_SHARED : DEFAULT_PUBLIC;
  }
  check(Array.isArray(algorithms) && algorithms.every(isAlgorithm), `algorithms must be of ${KNOWN}`);
  const isUsed = (shared: boolean): boolean => algorithms.some((name) => ALGORITHMS[name].shared === shared);
  check(
    isUsed(true) === hasSecrets,
    'algorithms must name HS256, HS384 or HS512 if secrets are given, and only then',
  );
  check(
    isUsed(false) === hasPublicKeys,
    'algorithms must name an asymmetric one if public keys are given, and only then',
  );
  return algorithms;
}

const KNOWN = Object.keys(ALGORITHMS).join(', ');

function checkSecrets(secrets: readonly string[], algorithms: readonly Algorithm[]): void {
  check(Array.isArray(secrets), 'secrets must be an array');
  const least = Math.max(...algorithms.map((algorithm) => ALGORITHMS[algorithm].leastSecretBytes));
  for (const [index, secret] of secrets.entries()) {
    check(
      typeof secret === 'string' && Buffer.byteLength(secret) >= least,
      `secrets[${index}] must have at least ${least} bytes for ${algorithms.join(', ')}`,
    );
    // A known value is no secret: with a public key as the secret, for example, anyone could sign (RFC 8725
    // §2.1).
    const weakness = secretWeakness(secret, least);
    check(weakness === undefined, `secrets[${index}] ${weakness ?? ''}`);
  }
}

type CompleteIntrospection = IntrospectionOptions & { readonly cacheSeconds: number };

function checkIntrospection(
  { endpoint, clientId, clientSecret, cacheSeconds = DEFAULT_CACHE_SECONDS }: IntrospectionOptions,
  allowPlainHttp: boolean,
): CompleteIntrospection {
  checkServiceAddress('IdentityAuthModule: introspection.endpoint', endpoint, { allowPlainHttp });
  check(isName(clientId) && isName(clientSecret), 'introspection needs clientId and clientSecret');
  check(isWithin(cacheSeconds, MAX_CACHE_SECONDS), 'introspection.cacheSeconds must be 0 to 300');
  return { endpoint, clientId, clientSecret, cacheSeconds };
}
