import { type JsonWebKey, KeyObject } from 'node:crypto';
import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import { SystemClock } from '../clock.js';
import { ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { normalAudience } from '../jwt/audience.js';
import { MAX_LIFETIME_SECONDS, MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';
import { secretWeakness } from '../jwt/secret-strength.js';
import { readImportedKey } from '../keys/imported-key.js';
import { algorithmsInForce } from '../keys/key-ring.js';
import type { PrivateKey } from '../keys/private-key.js';
import type { EmbeddedTokenRoutes } from './embedded/embedded-token-routes.js';
import type { ServiceParts, TokenOptions } from './token-options.js';

type Defaulted<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** The settings of the tokens that an application issues. An option that is `undefined` has its default. */
export interface TokenSettings
  extends Pick<TokenOptions, 'issuer' | 'secret'>, Defaulted<Omit<TokenOptions, 'issuer' | 'secret'>> {
  /**
   * Private keys for the asymmetric algorithms of `algorithms` and `audienceAlgorithms`: PEM, a JWK as an
   * object or as text, or a `KeyObject`. The first key of each algorithm signs, and all verify. Default:
   * none.
   */
  readonly privateKeys?: readonly (string | JsonWebKey | KeyObject)[] | undefined;
  /**
   * Accepts secrets that are shorter than the hash (RFC 7518 §3.2) or otherwise weak. Never set it in
   * production. Default: false.
   */
  readonly allowWeakSecrets?: boolean | undefined;
}

/** Options of {@link TokenModule.forRoot}. */
export interface TokenModuleOptions extends TokenSettings {
  /** Opens `POST /token` and `POST /verify`. Default: no routes. */
  readonly routes?: EmbeddedTokenRoutes | undefined;
  /** Whether every module may inject the providers of this one without importing it. Default: false. */
  readonly global?: boolean | undefined;
}

/** Options of {@link TokenModule.forRootAsync}. */
export type TokenModuleAsyncOptions = Pick<ModuleMetadata, 'imports'> &
  Pick<FactoryProvider<TokenSettings>, 'inject' | 'useFactory'> &
  Pick<TokenModuleOptions, 'routes' | 'global'>;

/**
 * Adds the defaults and checks the options.
 *
 * @throws {TypeError} naming the invalid option and disclosing no secret
 */
export function completeSettings({
  allowWeakSecrets = false,
  privateKeys = [],
  ...given
}: TokenSettings & ServiceParts): TokenOptions & ServiceParts {
  const settings = withDefaults(given);
  const { issuer, algorithms, lifetimeSeconds, clockToleranceSeconds } = settings;
  if (typeof issuer !== 'string' || issuer.trim() === '') throw invalid('issuer must be given');
  if (algorithms.length === 0 || !algorithms.every(isAlgorithm)) {
    throw invalid(`algorithms must be one or more of ${Object.keys(ALGORITHMS).join(', ')}`);
  }
  if (!isWhole(lifetimeSeconds, 1, MAX_LIFETIME_SECONDS)) {
    throw invalid(`lifetimeSeconds must be a whole number from 1 to ${MAX_LIFETIME_SECONDS}`);
  }
  if (!isWhole(clockToleranceSeconds, 0, MAX_TOLERANCE_SECONDS)) {
    throw invalid(`clockToleranceSeconds must be a whole number from 0 to ${MAX_TOLERANCE_SECONDS}`);
  }
  const audiences = [...settings.audienceAlgorithms.keys()];
  if (new Set(audiences.map(normalAudience)).size < audiences.length) {
    throw invalid('audienceAlgorithms must name each audience once, in one spelling');
  }
  if (!allowWeakSecrets) checkSecrets(settings);
  return { ...settings, importedKeys: [...settings.importedKeys, ...readPrivateKeys(privateKeys, settings)] };
}

function withDefaults({
  algorithms = ['HS256'],
  audienceAlgorithms = new Map(),
  previousSecrets = [],
  importedKeys = [],
  lifetimeSeconds = 900,
  clockToleranceSeconds = 0,
  showFingerprints = false,
  clock = new SystemClock(),
  ...given
}: Omit<TokenSettings, 'allowWeakSecrets' | 'privateKeys'> & ServiceParts) {
  return {
    ...given,
    algorithms,
    audienceAlgorithms,
    previousSecrets,
    importedKeys,
    lifetimeSeconds,
    clockToleranceSeconds,
    showFingerprints,
    clock,
  } satisfies TokenOptions & ServiceParts;
}

function readPrivateKeys(
  keys: NonNullable<TokenSettings['privateKeys']>,
  settings: Pick<TokenOptions, 'algorithms' | 'audienceAlgorithms'>,
): readonly PrivateKey[] {
  const asymmetric = [...algorithmsInForce(settings)].filter((algorithm) => !ALGORITHMS[algorithm].shared);
  return keys.map((given, index) => {
    const key = readImportedKey(textOf(given), asymmetric);
    if (typeof key === 'string') throw invalid(`privateKeys[${index}] ${key}`);
    return key;
  });
}

function textOf(key: string | JsonWebKey | KeyObject): string {
  if (typeof key === 'string') return key;
  if (!(key instanceof KeyObject)) return JSON.stringify(key);
  return key.type === 'private' ? key.export({ type: 'pkcs8', format: 'pem' }).toString() : '';
}

function checkSecrets({ secret, previousSecrets, ...lists }: TokenOptions): void {
  const inForce = [...algorithmsInForce(lists)];
  const least = Math.max(...inForce.map((algorithm) => ALGORITHMS[algorithm].leastSecretBytes));
  for (const [index, each] of [secret, ...previousSecrets].entries()) {
    if (Buffer.byteLength(each ?? '') < least) {
      throw invalid(`secret and previousSecrets must be at least ${least} bytes long`);
    }
    const weakness = each === undefined ? undefined : secretWeakness(each, least);
    if (weakness !== undefined) {
      throw invalid(`${index === 0 ? 'secret' : `previousSecrets[${index - 1}]`} ${weakness}`);
    }
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function invalid(message: string): TypeError {
  return new TypeError(`TokenModule: ${message}`);
}
