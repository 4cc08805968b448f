import { createPublicKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../../src/jwt/algorithms.js';
import { SharedKey } from '../../src/keys/shared-key.js';
import type { SigningKey } from '../../src/keys/signing-key.js';
import type { TokenModuleOptions } from '../../src/token/token-module-options.js';
import type { MovedClock } from './moved-clock.js';
import { pemOf, privateKeyFor, signingKeyFor } from './private-keys.js';
import { SECRET } from './settings.js';
import { standaloneTokens } from './token-service.js';

/** One algorithm of each kind; the library supports the first three. */
export const BOUND_ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;
export type BoundAlgorithm = (typeof BOUND_ALGORITHMS)[number];

/** The JwtService that is injected into a module that imports TokenModule. */
export interface BoundJwt {
  readonly jwt: JwtService;
  readonly clock: MovedClock;
  /** The signing key, which here signs any claims. */
  readonly key: SigningKey;
  readonly close: () => Promise<void>;
}

/** Options of TokenModule with one key for an algorithm, by default the first of that kind. */
export function optionsFor(algorithm: Algorithm, name = ''): Partial<TokenModuleOptions> {
  return algorithm.startsWith('HS')
    ? { algorithms: [algorithm] }
    : { algorithms: [algorithm], secret: undefined, privateKeys: [privateKeyFor(algorithm, name)] };
}

export async function boundJwt(
  algorithm: Algorithm = 'HS256',
  changes: Partial<TokenModuleOptions> = {},
): Promise<BoundJwt> {
  const { context, clock } = await standaloneTokens({ ...optionsFor(algorithm), ...changes });
  const key = algorithm.startsWith('HS') ? new SharedKey(SECRET, algorithm) : signingKeyFor(algorithm);
  return { jwt: context.get(JwtService), clock, key, close: () => context.close() };
}

/** The library's own JwtService with the same key, as `JwtModule.register` would make it. */
export function libraryJwt(algorithm: Exclude<BoundAlgorithm, 'EdDSA'>): JwtService {
  if (algorithm === 'HS256') return new JwtService({ secret: SECRET });
  const privateKey = privateKeyFor(algorithm);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  return new JwtService({ privateKey: pemOf(privateKey), publicKey, signOptions: { algorithm } });
}

/** The outcome of a call: its value, or its error with the fields that callers may read. */
export type Outcome = { readonly value: unknown } | { readonly error: object };

export function outcomeOf(call: () => unknown): Outcome {
  try {
    return { value: call() };
  } catch (error) {
    return failure(error);
  }
}

export async function asyncOutcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  // An error that is thrown synchronously is not an outcome.
  const promise = call();
  try {
    return { value: await promise };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Outcome {
  if (!(error instanceof Error)) throw new Error('What was thrown is no error');
  const { name, message, expiredAt, date } = error as Error & { expiredAt?: Date; date?: Date };
  return { error: { class: error.constructor, name, message, expiredAt, date } };
}
