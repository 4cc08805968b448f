import { isJsonObject } from '../encoding/strict-json.js';
import { remoteUrlFault } from '../http-client/network-policy.js';
import type { JwkSet, KeySource } from '../issuers/trusted-issuer.js';
import { hasPrivateParameter, readPublicKeySet } from '../jwt/public-key.js';

/** The most keys in a set that an administrator enters. */
const MAX_KEYS = 100;

/** A trust domain (SPIFFE-ID §2.1). */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;

/** The longest URL or path, in characters. */
const MAX_LENGTH = 2_048;

/** How a description arrived, and which URLs it may name. */
export interface KeySourceRules {
  /** Whether `http:` is accepted for this host: outside production. */
  readonly allowLoopbackHttp: boolean;
}

/** The fields of each kind of source: those that are required, and those that may be added. */
const KINDS: readonly (readonly [required: readonly string[], optional: readonly string[]])[] = [
  [['discovery'], []],
  [['jwks_uri'], ['ca_file', 'token_file']],
  [['jwks'], []],
  [['spiffe_bundle_uri', 'trust_domain'], []],
  [['spiffe_bundle', 'trust_domain'], []],
];

/**
 * Reads the source of an issuer's keys as an administrator describes it.
 *
 * @returns the source, or what is wrong with it, to follow the name of the field
 */
export function readKeySource(value: unknown, rules: KeySourceRules): KeySource | string {
  if (!isJsonObject(value)) return 'must be an object';
  const names = Object.keys(value);
  const isKind = ([required, optional]: (typeof KINDS)[number]): boolean =>
    required.every((name) => names.includes(name)) &&
    names.every((name) => required.includes(name) || optional.includes(name));
  if (!KINDS.some(isKind)) {
    return (
      'must be exactly one of discovery; jwks_uri, with ca_file and token_file if needed; jwks; ' +
      'spiffe_bundle_uri with trust_domain; spiffe_bundle with trust_domain'
    );
  }
  return readKind(value, rules);
}

function readKind(value: Readonly<Record<string, unknown>>, rules: KeySourceRules): KeySource | string {
  const { jwks_uri: jwksUri, spiffe_bundle_uri: bundleUri, spiffe_bundle: bundle, jwks } = value;
  if (jwksUri !== undefined) return readJwksUri(value, rules);
  if (jwks !== undefined) {
    const read = readPublicKeySet(jwks, MAX_KEYS);
    return typeof read === 'string' ? `.jwks ${read}` : { kind: 'jwks', jwks: keysAlone(jwks) };
  }
  if (value['discovery'] !== undefined) {
    return value['discovery'] === true ? { kind: 'discovery' } : '.discovery must be true';
  }
  const trustDomain = value['trust_domain'];
  if (typeof trustDomain !== 'string' || !TRUST_DOMAIN.test(trustDomain)) {
    return '.trust_domain must be 1 to 255 characters of a-z0-9._-';
  }
  if (bundle !== undefined) {
    const fault = bundleFault(bundle);
    return fault ?? { kind: 'spiffe_bundle', bundle: keysAlone(bundle), trustDomain };
  }
  const fault = urlFault('spiffe_bundle_uri', bundleUri, rules);
  return fault ?? { kind: 'spiffe_bundle_uri', bundleUri: String(bundleUri), trustDomain };
}

function readJwksUri(
  { jwks_uri, ca_file: caFile = null, token_file: tokenFile = null }: Readonly<Record<string, unknown>>,
  rules: KeySourceRules,
): KeySource | string {
  const fault = urlFault('jwks_uri', jwks_uri, rules);
  if (fault !== undefined) return fault;
  if (!isPathOrNull(caFile)) return '.ca_file must be an absolute path';
  if (!isPathOrNull(tokenFile)) return '.token_file must be an absolute path';
  return { kind: 'jwks_uri', jwksUri: String(jwks_uri), caFile, tokenFile };
}

function isPathOrNull(value: unknown): value is string | null {
  return (
    value === null ||
    (typeof value === 'string' &&
      value.startsWith('/') &&
      value.length <= MAX_LENGTH &&
      !value.includes('\0'))
  );
}

function urlFault(name: string, value: unknown, rules: KeySourceRules): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return `.${name} must be an absolute URL`;
  const fault = remoteUrlFault(value, rules);
  return fault === undefined ? undefined : `.${name} ${fault}`;
}

/** A bundle also has keys for certificates, which are not used here (SPIFFE Trust Domain and Bundle §4.2). */
function bundleFault(bundle: unknown): string | undefined {
  const all: unknown = isJsonObject(bundle) ? bundle['keys'] : undefined;
  if (!Array.isArray(all)) return '.spiffe_bundle must be a JWK Set: an object with an array named keys';
  if (all.some((jwk) => isJsonObject(jwk) && hasPrivateParameter(jwk))) {
    return '.spiffe_bundle has a private parameter: send public keys alone, and replace this one, which others may have seen';
  }
  if (all.length > MAX_KEYS) return `.spiffe_bundle must hold at most ${MAX_KEYS} keys`;
  const keys = all.filter((jwk) => isJsonObject(jwk) && jwk['use'] === 'jwt-svid');
  if (keys.length === 0) return '.spiffe_bundle must hold a key with the use jwt-svid';
  const read = readPublicKeySet({ keys: keys.map((jwk: object) => ({ ...jwk, use: 'sig' })) }, MAX_KEYS);
  return typeof read === 'string' ? `.spiffe_bundle ${read}` : undefined;
}

/** Other fields of a set are ignored (RFC 7517 §5). They are not stored either: one may be private. */
export function keysAlone(set: unknown): JwkSet {
  return { keys: (set as JwkSet).keys };
}

/** The source in the format of the administration API. */
export function keySourceFields(keys: KeySource): Readonly<Record<string, unknown>> {
  switch (keys.kind) {
    case 'discovery':
      return { discovery: true };
    case 'jwks_uri':
      return {
        jwks_uri: keys.jwksUri,
        ...(keys.caFile !== null && { ca_file: keys.caFile }),
        ...(keys.tokenFile !== null && { token_file: keys.tokenFile }),
      };
    case 'jwks':
      return { jwks: keys.jwks };
    case 'spiffe_bundle_uri':
      return { spiffe_bundle_uri: keys.bundleUri, trust_domain: keys.trustDomain };
    case 'spiffe_bundle':
      return { spiffe_bundle: keys.bundle, trust_domain: keys.trustDomain };
  }
}
