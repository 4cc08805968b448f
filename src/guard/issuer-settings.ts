import { kindOf } from '../encoding/kind-of.js';
import { ALGORITHMS, isAlgorithm, type Algorithm } from '../jwt/algorithms.js';
import type { TokenType } from '../jwt/compact-jws.js';
import { secretWeakness } from '../jwt/secret-strength.js';
import type { IntrospectionOptions, IssuerOptions } from './identity-auth-options.js';
import {
  check,
  checkAddress,
  checkFlag,
  checkName,
  checkNames,
  checkObject,
  checkOption,
  checkSeconds,
  isName,
} from './option-rules.js';

/** The options of one issuer, validated and complete. */
export interface IssuerSettings {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly secrets: readonly string[];
  readonly sharedAlgorithms: readonly Algorithm[];
  /** How the public keys are found: at a URL, or in the issuer's metadata; `undefined` if there are none. */
  readonly publicKeys: { readonly jwksUri: string } | 'discover' | undefined;
  readonly publicAlgorithms: readonly Algorithm[];
  /** How long the public keys stay in use while the issuer is unavailable, in seconds. */
  readonly keepKeysSeconds: number;
  /** The accepted types; any, or none, if `undefined`. */
  readonly types: readonly TokenType[] | undefined;
  readonly introspection: CompleteIntrospection | undefined;
}

/** What the options of an issuer depend on. */
export interface IssuerRules {
  /** What precedes the names of the options in errors, such as `issuers[0].`. */
  readonly path: string;
  /** The default of `audience`. */
  readonly resource: string | undefined;
  readonly allowPlainHttp: boolean;
}

type CompleteIntrospection = IntrospectionOptions & { readonly cacheSeconds: number };

/** The names of the options, each once: the compiler refuses a missing one. */
const NAMES: Readonly<Record<keyof IssuerOptions, true>> = {
  issuer: true,
  audience: true,
  secrets: true,
  jwksUri: true,
  discover: true,
  keepKeysSeconds: true,
  algorithms: true,
  acceptTypes: true,
  introspection: true,
};
export const ISSUER_OPTIONS: readonly string[] = Object.keys(NAMES);

const INTROSPECTION_OPTIONS = ['endpoint', 'clientId', 'clientSecret', 'cacheSeconds'];

const MAX_KEEP_KEYS_SECONDS = 30 * 86_400;
const DEFAULT_KEEP_KEYS_SECONDS = 86_400;
const MAX_CACHE_SECONDS = 300;
const DEFAULT_CACHE_SECONDS = 10;
const DEFAULT_SHARED: readonly Algorithm[] = ['HS256'];
const DEFAULT_PUBLIC: readonly Algorithm[] = ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'];
const KNOWN = Object.keys(ALGORITHMS).join(', ');

/**
 * Validates the options of one issuer and fills in the defaults.
 *
 * @throws {TypeError} that names the invalid option, and contains no secret
 */
export function issuerSettings(options: IssuerOptions, rules: IssuerRules): IssuerSettings {
  const { path } = rules;
  const { issuer, acceptTypes, introspection, keepKeysSeconds = DEFAULT_KEEP_KEYS_SECONDS } = options;
  checkName(`${path}issuer`, issuer);
  checkOption(
    Number.isInteger(keepKeysSeconds) && keepKeysSeconds >= 1 && keepKeysSeconds <= MAX_KEEP_KEYS_SECONDS,
    `${path}keepKeysSeconds`,
    `a whole number from 1 to ${MAX_KEEP_KEYS_SECONDS}`,
    keepKeysSeconds,
  );
  const { secrets = [] } = options;
  checkOption(Array.isArray(secrets), `${path}secrets`, 'an array', secrets);
  const publicKeys = keySetLocation(options, rules);
  const algorithms = acceptedAlgorithms(options, path, publicKeys !== undefined);
  const sharedAlgorithms = algorithms.filter((algorithm) => ALGORITHMS[algorithm].shared);
  checkSecrets(secrets, sharedAlgorithms, path);
  return {
    issuer,
    audiences: acceptedAudiences(options, rules),
    secrets,
    sharedAlgorithms,
    publicKeys,
    publicAlgorithms: algorithms.filter((algorithm) => !ALGORITHMS[algorithm].shared),
    keepKeysSeconds,
    types: acceptedTypes(acceptTypes, path),
    introspection: introspection === undefined ? undefined : completeIntrospection(introspection, rules),
  };
}

function acceptedAudiences({ audience }: IssuerOptions, { path, resource }: IssuerRules): readonly string[] {
  const given: unknown = audience === undefined ? resource : audience;
  const audiences: readonly unknown[] = Array.isArray(given) ? given : [given];
  checkOption(audiences.length > 0, `${path}audience`, 'a non-empty string, or several', given);
  audiences.forEach((each, index) =>
    checkName(`${path}audience${Array.isArray(given) ? `[${index}]` : ''}`, each),
  );
  return audiences.filter(isName);
}

function keySetLocation(
  { issuer, jwksUri, discover }: IssuerOptions,
  { path, allowPlainHttp }: IssuerRules,
): IssuerSettings['publicKeys'] {
  checkFlag(`${path}discover`, discover);
  check(jwksUri === undefined || discover !== true, `give either ${path}jwksUri or ${path}discover`);
  if (jwksUri !== undefined) {
    checkAddress(`${path}jwksUri`, jwksUri, { allowPlainHttp });
    return { jwksUri };
  }
  if (discover !== true) return undefined;
  checkAddress(`with discover, ${path}issuer`, issuer, { allowPlainHttp });
  return 'discover';
}

function acceptedAlgorithms(
  { algorithms, secrets = [] }: IssuerOptions,
  path: string,
  hasPublicKeys: boolean,
): readonly Algorithm[] {
  const hasSecrets = secrets.length > 0;
  check(hasSecrets || hasPublicKeys, `give ${path}secrets, jwksUri or discover`);
  if (algorithms === undefined) {
    check(
      !hasSecrets || !hasPublicKeys,
      `${path}algorithms is required if both secrets and public keys are given`,
    );
    return hasSecrets ? DEFAULT_SHARED : DEFAULT_PUBLIC;
  }
  check(
    Array.isArray(algorithms) && algorithms.every(isAlgorithm),
    `${path}algorithms must be of ${KNOWN}, not ${Array.isArray(algorithms) ? 'other names' : kindOf(algorithms)}`,
  );
  const isUsed = (shared: boolean): boolean => algorithms.some((name) => ALGORITHMS[name].shared === shared);
  check(
    isUsed(true) === hasSecrets,
    `${path}algorithms must name HS256, HS384 or HS512 if secrets are given, and only then`,
  );
  check(
    isUsed(false) === hasPublicKeys,
    `${path}algorithms must name an asymmetric one if public keys are given, and only then`,
  );
  return algorithms;
}

function checkSecrets(secrets: readonly string[], algorithms: readonly Algorithm[], path: string): void {
  const least = Math.max(...algorithms.map((algorithm) => ALGORITHMS[algorithm].leastSecretBytes));
  for (const [index, secret] of secrets.entries()) {
    const option = `${path}secrets[${index}]`;
    checkOption(typeof secret === 'string', option, 'a string', secret);
    check(
      Buffer.byteLength(secret) >= least,
      `${option} must have at least ${least} bytes for ${algorithms.join(', ')}`,
    );
    // A known value is no secret: with a public key as the secret, for example, anyone could sign (RFC 8725
    // §2.1).
    const weakness = secretWeakness(secret, least);
    check(weakness === undefined, `${option} ${weakness ?? ''}`);
  }
}

function acceptedTypes(types: unknown, path: string): IssuerSettings['types'] {
  if (types === undefined) return undefined;
  const option = `${path}acceptTypes`;
  const names: readonly unknown[] = Array.isArray(types) ? types : [];
  checkOption(names.length > 0, option, 'an array of JWT or at+jwt', types);
  check(names.every(isTokenType), `${option} must have no other names than JWT and at+jwt`);
  return names;
}

function isTokenType(name: unknown): name is TokenType {
  return name === 'JWT' || name === 'at+jwt';
}

function completeIntrospection(
  options: IntrospectionOptions,
  { path, allowPlainHttp }: IssuerRules,
): CompleteIntrospection {
  const name = `${path}introspection`;
  checkObject(name, options);
  checkNames(`the options of ${name}`, options, INTROSPECTION_OPTIONS);
  const { endpoint, clientId, clientSecret, cacheSeconds = DEFAULT_CACHE_SECONDS } = options;
  checkAddress(`${name}.endpoint`, endpoint, { allowPlainHttp });
  checkName(`${name}.clientId`, clientId);
  checkName(`${name}.clientSecret`, clientSecret);
  checkSeconds(`${name}.cacheSeconds`, cacheSeconds, MAX_CACHE_SECONDS);
  return { endpoint, clientId, clientSecret, cacheSeconds };
}
