import { SystemClock, type Clock } from '../clock.js';
import { globalFetch, type Fetch } from '../http-client/fetch-json.js';
import { checkServiceAddress } from '../http-client/service-address.js';
import { ClientKey } from './client-key.js';
import { kindOf } from '../encoding/kind-of.js';
import type { ClientSecretMethod, TokenClientOptions } from './token-client-options.js';

/** The client ID and secret of this service at the issuer. */
export interface SecretCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** How the secret is sent; `undefined` if the metadata decides. */
  readonly method: ClientSecretMethod | undefined;
}

/** The client ID and private key of this service at the issuer. */
export interface KeyCredentials {
  readonly clientId: string;
  readonly key: ClientKey;
  /** The `aud` of assertions; `undefined` if the metadata decides. */
  readonly audience: string | undefined;
}

export type ClientCredentials = SecretCredentials | KeyCredentials;

/** The options, validated and complete. */
export interface ClientSettings {
  /** With `discover` the exact identifier, otherwise without a trailing slash. */
  readonly issuerUrl: string;
  /** The token endpoint: its URL, or `discover` to take it from the issuer's metadata. */
  readonly tokenEndpoint: { readonly address: string } | 'discover';
  /** Whether the issuer is any OAuth issuer, which has no `POST /token`. */
  readonly isForeign: boolean;
  readonly credentials: ClientCredentials | undefined;
  readonly subject: string | undefined;
  readonly allowPlainHttp: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: Fetch;
}

const METHODS: readonly unknown[] = [
  'client_secret_basic',
  'client_secret_post',
] satisfies ClientSecretMethod[];

/** @throws {TypeError} naming the invalid option and disclosing no secret */
export function clientSettings(options: TokenClientOptions): ClientSettings {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`TokenClient: the options must be an object, and are ${kindOf(options)}`);
  }
  const { issuerUrl, subject, allowPlainHttp = false, discover = false, tokenEndpoint } = options;
  checkServiceAddress('TokenClient: issuerUrl', issuerUrl, { allowPlainHttp });
  check(typeof discover === 'boolean', 'discover must be true or false', discover);
  const credentials = readCredentials(options);
  check(subject === undefined || isText(subject), 'subject must be a non-empty string', subject);
  if (subject === undefined && !credentials) {
    throw new TypeError(
      'TokenClient: give clientId and clientSecret, or a subject, or all three; or clientId and privateKey',
    );
  }
  checkCombination(options);
  const base = discover ? issuerUrl : issuerUrl.replace(/\/+$/, '');
  return {
    issuerUrl: base,
    tokenEndpoint: discover ? 'discover' : { address: endpointAddress(tokenEndpoint, base, allowPlainHttp) },
    isForeign: discover || tokenEndpoint !== undefined,
    credentials,
    subject,
    allowPlainHttp,
    clock: options.clock ?? new SystemClock(),
    random: options.random ?? Math.random,
    fetch: options.fetch ?? globalFetch,
  };
}

function endpointAddress(address: string | undefined, issuerUrl: string, allowPlainHttp: boolean): string {
  if (address === undefined) return `${issuerUrl}/oauth2/token`;
  checkServiceAddress('TokenClient: tokenEndpoint', address, { allowPlainHttp });
  return address;
}

/** Options that exclude each other, or need another one. */
function checkCombination(options: TokenClientOptions): void {
  const has = (name: keyof TokenClientOptions): boolean =>
    name === 'discover' ? options.discover === true : options[name] !== undefined;
  const refuse = (names: readonly (keyof TokenClientOptions)[], reason: string): void => {
    const given = names.find(has);
    if (given !== undefined) throw new TypeError(`TokenClient: ${given} ${reason}`);
  };
  if (has('discover')) refuse(['tokenEndpoint'], 'and discover exclude each other');
  if (has('subject')) {
    refuse(
      ['discover', 'tokenEndpoint', 'privateKey', 'clientAuthentication'],
      'is for a token endpoint, but with subject tokens are requested at POST /token',
    );
  }
  if (!has('clientSecret')) refuse(['clientAuthentication'], 'needs clientSecret');
  if (!has('privateKey')) refuse(['keyId', 'algorithm', 'assertionAudience'], 'needs privateKey');
}

function readCredentials(options: TokenClientOptions): ClientCredentials | undefined {
  const { clientId, clientSecret, privateKey, clientAuthentication: method } = options;
  const { keyId, assertionAudience } = options;
  if ([clientId, clientSecret, privateKey].every((each) => each === undefined)) return undefined;
  if (clientSecret !== undefined && privateKey !== undefined) {
    throw new TypeError('TokenClient: clientSecret and privateKey exclude each other');
  }
  check(
    isText(clientId),
    'clientId must be a non-empty string; it and clientSecret or privateKey go together',
    clientId,
  );
  check(
    method === undefined || METHODS.includes(method),
    `clientAuthentication must be ${METHODS.join(' or ')}`,
    method,
  );
  if (privateKey !== undefined) {
    check(keyId === undefined || isText(keyId), 'keyId must be a non-empty string', keyId);
    check(
      assertionAudience === undefined || isText(assertionAudience),
      'assertionAudience must be a non-empty string',
      assertionAudience,
    );
    return { clientId, key: ClientKey.read(options), audience: assertionAudience };
  }
  check(
    isText(clientSecret),
    'clientSecret must be a non-empty string; clientId and clientSecret or privateKey go together',
    clientSecret,
  );
  return { clientId, clientSecret, method };
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * Refuses an invalid option or field of a target.
 *
 * @param rule names it, and what it must be; the kind of its value is added, never the value
 * @throws {TypeError} unless the condition holds
 */
export function check(condition: boolean, rule: string, value: unknown): asserts condition {
  if (!condition) throw new TypeError(`TokenClient: ${rule}, and is ${kindOf(value)}`);
}
