import {
  constants,
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { base64Url } from './hand-made-token.js';
import { NEW_YEAR } from './moved-clock.js';

/** The keys and signatures of each algorithm (RFC 7518 §3, RFC 8037), without any code of the service. */
const ALGORITHMS = {
  RS256: [() => rsa(), 'sha256', { padding: constants.RSA_PKCS1_PADDING }],
  PS256: [() => rsa(), 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }],
  ES256: [() => curve('P-256'), 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: [() => curve('P-384'), 'sha384', { dsaEncoding: 'ieee-p1363' }],
  EdDSA: [() => generateKeyPairSync('ed25519'), null, {}],
  Ed25519: [() => generateKeyPairSync('ed25519'), null, {}],
} as const;

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

export type AssertionAlgorithm = keyof typeof ALGORITHMS;

/** A key with which a client signs assertions. */
export interface ClientKey {
  readonly algorithm: AssertionAlgorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** The public key with which the client is registered. */
  readonly jwk: JsonWebKey & Readonly<Record<string, unknown>>;
}

/** @param fields other fields of the JWK, such as `kid` */
export function makeClientKey(
  algorithm: AssertionAlgorithm,
  fields: Readonly<Record<string, unknown>> = {},
): ClientKey {
  const { publicKey, privateKey } = ALGORITHMS[algorithm][0]();
  return {
    algorithm,
    publicKey,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), ...fields },
  };
}

/** Changes to a valid assertion. */
export interface AssertionDifference {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Claims of a new assertion that is valid at {@link NEW_YEAR}. */
export function assertionClaims(clientId: string): Readonly<Record<string, unknown>> {
  return {
    iss: clientId,
    sub: clientId,
    aud: 'identity-backend',
    iat: NEW_YEAR,
    exp: NEW_YEAR + 60,
    jti: randomUUID(),
  };
}

/** An assertion (RFC 7523 §3); a field that is `undefined` is omitted. */
export function makeAssertion(
  key: ClientKey,
  clientId: string,
  { header, claims }: AssertionDifference = {},
): string {
  const headerText = JSON.stringify({ alg: key.algorithm, typ: 'JWT', ...header });
  return signTexts(key, headerText, JSON.stringify({ ...assertionClaims(clientId), ...claims }));
}

/** Signs any two texts or bytes as if they were a header and claims. */
export function signTexts(key: ClientKey, header: string | Uint8Array, claims: string | Uint8Array): string {
  const [, hash, options] = ALGORITHMS[key.algorithm];
  const input = `${base64Url(header)}.${base64Url(claims)}`;
  const signature = sign(hash, Buffer.from(input), { key: key.privateKey, ...options });
  return `${input}.${signature.toString('base64url')}`;
}

/** Signs with the public key as an HMAC secret: the attack on verifiers that confuse kinds of keys. */
export function macByPublicKey(secret: string | Uint8Array, clientId: string): string {
  const header = JSON.stringify({ alg: 'HS256', typ: 'JWT' });
  const input = `${base64Url(header)}.${base64Url(JSON.stringify(assertionClaims(clientId)))}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The parameters of a request whose client authenticates with an assertion (RFC 7523 §2.2). */
export function assertionParameters(assertion: string): Readonly<Record<string, string>> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}
