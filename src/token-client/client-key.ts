import { createPrivateKey, createPublicKey, KeyObject, randomUUID } from 'node:crypto';
import { isJsonObject } from '../encoding/strict-json.js';
import { type Algorithm, algorithmNamed } from '../jwt/algorithms.js';
import { encodePart } from '../jwt/compact-jws.js';
import { readPublicKey } from '../jwt/public-key.js';
import { signByPrivateKey } from '../jwt/signature.js';
import { kindOf } from '../encoding/kind-of.js';
import type { TokenClientOptions } from './token-client-options.js';

/** How long an assertion is valid, in seconds: it is used at once. */
const ASSERTION_SECONDS = 60;

/** The private key with which a client signs assertions (RFC 7523 §2.2). */
export class ClientKey {
  private readonly header: string;

  private constructor(
    private readonly key: KeyObject,
    private readonly algorithm: Algorithm,
    keyId: string | undefined,
  ) {
    this.header = encodePart({ alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) });
  }

  /** @throws {TypeError} naming the invalid option, and quoting no part of the key */
  static read({ privateKey, keyId, algorithm }: TokenClientOptions): ClientKey {
    const key = importKey(privateKey);
    const jwk = isJsonObject(privateKey) ? privateKey : {};
    const { alg, kid, use, key_ops: operations } = jwk;
    const stated = { alg, kid, use, key_ops: operations };
    const isStated = ([, value]: [string, unknown]): boolean => value !== undefined;
    const parameters = createPublicKey(key).export({ format: 'jwk' });
    const read = readPublicKey(
      { ...parameters, ...Object.fromEntries(Object.entries(stated).filter(isStated)) },
      'sign',
    );
    if (typeof read === 'string') throw new TypeError(`TokenClient: privateKey ${read}`);
    const chosen = algorithm === undefined ? read.algorithms[0] : algorithmNamed(algorithm);
    if (chosen === undefined || !read.algorithms.includes(chosen)) {
      throw new TypeError(`TokenClient: algorithm must be one of the key: ${read.algorithms.join(', ')}`);
    }
    return new ClientKey(key, chosen, keyId ?? read.id);
  }

  /**
   * Makes an assertion for one request: an issuer accepts each `jti` once (RFC 7523 §3).
   *
   * @param audience the issuer, or its token endpoint
   * @param now milliseconds since 1970
   */
  async assertion(clientId: string, audience: string, now: number): Promise<string> {
    const iat = Math.floor(now / 1000);
    const claims = { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + ASSERTION_SECONDS };
    const input = `${this.header}.${encodePart({ ...claims, jti: randomUUID() })}`;
    return `${input}.${await signByPrivateKey(input, this.algorithm, this.key)}`;
  }
}

function importKey(value: unknown): KeyObject {
  const key = value instanceof KeyObject ? value : parseKey(value);
  if (key?.type === 'private') return key;
  const kind = value instanceof KeyObject ? `a ${value.type} key` : kindOf(value);
  throw new TypeError(
    `TokenClient: privateKey must be a private key in PEM without a passphrase, a JWK or a KeyObject, and is ${kind}`,
  );
}

function parseKey(value: unknown): KeyObject | undefined {
  try {
    if (typeof value === 'string') return createPrivateKey(value);
    return isJsonObject(value) ? createPrivateKey({ key: value, format: 'jwk' }) : undefined;
  } catch {
    return undefined;
  }
}
