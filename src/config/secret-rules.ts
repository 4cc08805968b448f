import { isSameSecret, LEAST_SECRET_BYTES, secretWarnings, secretWeakness } from '../jwt/secret-strength.js';
import { databaseKind } from '../database/database-url.js';
import type { Environment } from './environment.js';
import { leastSecretBytes, needsSharedSecret } from './key-settings.js';
import { secretsOf } from './setting-values.js';

/**
 * Checks the shared secrets. In production a weak or missing secret is a fault; elsewhere the service starts
 * and reports it as a notice.
 */
export function secretFaults(environment: Environment): string[] {
  if (environment.NODE_ENV !== 'production') return [];
  return environment.JWT_SECRET_KEY === undefined && needsSharedSecret(environment)
    ? ['JWT_SECRET_KEY is required in production', ...weaknesses(environment)]
    : weaknesses(environment);
}

/** What the operator should know about the configured shared secrets. */
export function secretNotices(environment: Environment): string[] {
  const warnings = givenSecrets(environment).flatMap(([name, secret]) =>
    secretWarnings(secret).map((warning) => `${name} ${warning}`),
  );
  return [...new Set([...weaknesses(environment), ...warnings])];
}

/** What makes the configured secrets unfit for the algorithms, each by the name of its variable. */
function weaknesses(environment: Environment): string[] {
  const leastBytes = leastSecretBytes(environment) ?? LEAST_SECRET_BYTES;
  return givenSecrets(environment).flatMap(([name, secret]) => weaknessOf(name, secret, leastBytes));
}

function weaknessOf(name: string, secret: string, leastBytes = LEAST_SECRET_BYTES): string[] {
  const weakness = secretWeakness(secret, leastBytes);
  return weakness === undefined ? [] : [`${name} ${weakness}`];
}

function givenSecrets({
  JWT_SECRET_KEY,
  JWT_SECRET_KEY_PREVIOUS,
}: Environment): [name: string, secret: string][] {
  const current: [string, string][] =
    JWT_SECRET_KEY === undefined ? [] : [['JWT_SECRET_KEY', JWT_SECRET_KEY]];
  const previous = secretsOf(JWT_SECRET_KEY_PREVIOUS).filter((secret) => secret !== '');
  return [...current, ...previous.map((secret): [string, string] => ['JWT_SECRET_KEY_PREVIOUS', secret])];
}

/**
 * Checks the key encryption key: a shared database needs a shared one, and the holders of the shared secret
 * must not have it.
 */
export function encryptionKeyFaults(environment: Environment): string[] {
  const { KEY_ENCRYPTION_KEY: key, NODE_ENV, DATABASE_URL } = environment;
  // A key under 32 bytes is reported by the rule of its own setting.
  if (key !== undefined) {
    return Buffer.byteLength(key) < LEAST_SECRET_BYTES ? [] : unfitEncryptionKey(environment, key);
  }
  return NODE_ENV === 'production' && databaseKind(DATABASE_URL) !== 'sqlite'
    ? ['KEY_ENCRYPTION_KEY is required in production with PostgreSQL or MySQL']
    : [];
}

/**
 * Why a key encryption key, from the settings or from `data/`, must not be used. Weak ones are refused in
 * production only.
 *
 * @param kept the shared secret kept in `data/`, if that is the current one
 */
export function unfitEncryptionKey(environment: Environment, key: string, kept?: string): string[] {
  const shared = [
    ...givenSecrets(environment).map(([, secret]) => secret),
    ...(kept === undefined ? [] : [kept]),
  ];
  if (shared.some((secret) => isSameSecret(secret, key))) {
    return ['KEY_ENCRYPTION_KEY is the shared secret, which others hold'];
  }
  return environment.NODE_ENV === 'production' ? weaknessOf('KEY_ENCRYPTION_KEY', key) : [];
}

/**
 * What the operator should know about the key encryption keys. A weak previous one is no fault: it encrypts
 * nothing new, and without it there would be no way to re-encrypt what it has encrypted.
 */
export function encryptionKeyNotices(environment: Environment, key: string | undefined): string[] {
  const previous = secretsOf(environment.KEY_ENCRYPTION_KEY_PREVIOUS);
  return [
    ...(key === undefined ? [] : weaknessOf('KEY_ENCRYPTION_KEY', key)),
    ...previous.flatMap((secret) => weaknessOf('KEY_ENCRYPTION_KEY_PREVIOUS', secret)),
  ];
}
