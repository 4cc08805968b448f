import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parse } from 'dotenv';
import { databaseKind, sqlitePath } from '../storage/database-url.js';
import { Environment, listOf, secretsOf } from './environment.js';
import { keySettings, type KeySettings, leastSecretBytes, needsSharedSecret } from './key-settings.js';
import { localSecret } from './local-secret.js';
import { readIfPresent } from './read-if-present.js';
import { LEAST_SECRET_BYTES, secretWarnings, secretWeakness } from './secret-strength.js';
import { type Settings, SettingsError } from './settings.js';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment and from `.env`, where the environment wins.
 *
 * @param directory holds `.env` and `data/`
 * @param variables the environment
 * @throws {SettingsError} with all faults at once
 */
export function loadSettings(directory = process.cwd(), variables: Variables = process.env): Settings {
  const environment = readEnvironment({ ...readDotEnv(directory), ...variables });
  const { keys, faults: keyFaults } = keySettings(environment, directory);
  const faults = [
    ...validateSync(environment, { stopAtFirstError: true }).flatMap(({ constraints }) =>
      Object.values(constraints ?? {}),
    ),
    ...secretFaults(environment),
    ...keyFaults,
    ...encryptionKeyFaults(environment),
    ...workerFaults(environment),
  ];
  if (faults.length > 0) throw new SettingsError(faults);
  return toSettings(environment, keys, directory);
}

function readDotEnv(directory: string): Variables {
  try {
    return parse(readIfPresent(join(directory, '.env')) ?? '');
  } catch {
    throw new SettingsError(['.env cannot be read by the user that runs the service']);
  }
}

function readEnvironment(variables: Variables): Environment {
  const set = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  return plainToInstance(Environment, set, { exposeDefaultValues: true });
}

function toSettings(environment: Environment, keys: KeySettings, directory: string): Settings {
  const dataDirectory = join(directory, 'data');
  const production = environment.NODE_ENV === 'production';
  const switchedOn = (value: string | undefined, byDefault: boolean): boolean =>
    value === undefined ? byDefault : value === 'true';
  const path = (environment.BASE_PATH ?? environment.PASSENGER_BASE_URI ?? '').replace(/^\/|\/$/g, '');
  const proxies =
    environment.TRUST_PROXY ?? (environment.IN_PASSENGER === undefined ? undefined : '127.0.0.1');
  return Object.freeze({
    production,
    issuer: environment.JWT_ISSUER,
    lifetimeSeconds: environment.JWT_EXPIRATION_MINUTES * 60,
    ...keys,
    ...secrets(environment, dataDirectory),
    clockToleranceSeconds: environment.JWT_CLOCK_TOLERANCE_SECONDS,
    databaseUrl: withWholePath(environment.DATABASE_URL, directory),
    encryptionKey:
      environment.KEY_ENCRYPTION_KEY ??
      keptSecret(dataDirectory, 'key-encryption-key', 'KEY_ENCRYPTION_KEY').secret,
    previousEncryptionKeys: secretsOf(environment.KEY_ENCRYPTION_KEY_PREVIOUS),
    redisUrl: environment.REDIS_URL,
    mostAuthFailures: environment.AUTH_FAILURE_MAX,
    rateLimitMax: environment.RATE_LIMIT_MAX,
    rateLimitWindow: environment.RATE_LIMIT_WINDOW_SECONDS * 1000,
    workers: workersOf(environment),
    inPassenger: environment.IN_PASSENGER !== undefined,
    tokenEndpointAuth: environment.TOKEN_ENDPOINT_AUTH ?? (production ? 'required' : 'none'),
    host: environment.HOST,
    port: environment.PORT,
    basePath: path === '' ? '' : `/${path}`,
    trustedProxies: listOf(proxies),
    logLevel: environment.LOG_LEVEL,
    debugEnv: switchedOn(environment.DEBUG_ENV, !production),
    swagger: switchedOn(environment.SWAGGER, true),
    metrics: switchedOn(environment.METRICS, !production),
    corsOrigins: listOf(environment.CORS_ORIGINS),
  });
}

/** In production a weak or missing secret is a fault; elsewhere the service starts and says what is wrong with it. */
function secretFaults(environment: Environment): string[] {
  if (environment.NODE_ENV !== 'production') return [];
  return environment.JWT_SECRET_KEY === undefined && needsSharedSecret(environment)
    ? ['JWT_SECRET_KEY is required in production', ...weaknesses(environment)]
    : weaknesses(environment);
}

/** What makes the given secrets unfit for the algorithms in force, each by the name of its variable. */
function weaknesses(environment: Environment): string[] {
  const leastBytes = leastSecretBytes(environment) ?? LEAST_SECRET_BYTES;
  return givenSecrets(environment).flatMap(([name, secret]) => {
    const weakness = secretWeakness(secret, leastBytes);
    return weakness === undefined ? [] : [`${name} ${weakness}`];
  });
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

/** The secrets in force, and what the operator should hear of them. */
function secrets(
  environment: Environment,
  dataDirectory: string,
): Pick<Settings, 'secret' | 'previousSecrets' | 'notices'> {
  const previousSecrets = secretsOf(environment.JWT_SECRET_KEY_PREVIOUS);
  const warnings = givenSecrets(environment).flatMap(([name, secret]) =>
    secretWarnings(secret).map((warning) => `${name} ${warning}`),
  );
  const notices = [...new Set([...weaknesses(environment), ...warnings])];
  if (environment.JWT_SECRET_KEY !== undefined || !needsSharedSecret(environment)) {
    return { secret: environment.JWT_SECRET_KEY, previousSecrets, notices };
  }
  const { secret, madeAt } = keptSecret(dataDirectory, 'jwt-secret-key', 'JWT_SECRET_KEY');
  const made = madeAt === undefined ? [] : [`JWT_SECRET_KEY is not set: made one and kept it in ${madeAt}`];
  return { secret, previousSecrets, notices: [...made, ...notices] };
}

/** What is in the memory of one process cannot be shared. */
function workerFaults(environment: Environment): string[] {
  return sqlitePath(environment.DATABASE_URL) === ':memory:' && workersOf(environment) > 1
    ? ['WORKERS is more than 1, and DATABASE_URL is in the memory of one process']
    : [];
}

/** Passenger runs processes of its own. */
function workersOf({ WORKERS, IN_PASSENGER }: Environment): number {
  if (IN_PASSENGER !== undefined) return 1;
  return WORKERS === 'auto' ? availableParallelism() : Number(WORKERS);
}

function keptSecret(directory: string, file: string, variable: string): ReturnType<typeof localSecret> {
  try {
    return localSecret(directory, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`${variable} is not set, and none can be kept in data/: ${reason}`]);
  }
}

/** A database that others share needs a key that they share; who holds the shared secret must not hold it. */
function encryptionKeyFaults(environment: Environment): string[] {
  const { KEY_ENCRYPTION_KEY: key, NODE_ENV, DATABASE_URL } = environment;
  const faults: string[] = [];
  if (key === undefined && NODE_ENV === 'production' && databaseKind(DATABASE_URL) !== 'sqlite') {
    faults.push('KEY_ENCRYPTION_KEY is required in production with PostgreSQL or MySQL');
  }
  if (key !== undefined && givenSecrets(environment).some(([, secret]) => secret === key)) {
    faults.push('KEY_ENCRYPTION_KEY is the shared secret, which others hold');
  }
  return faults;
}

/** A path within the address of an SQLite database is beneath the folder where the service is started. */
function withWholePath(url: string, directory: string): string {
  if (databaseKind(url) !== 'sqlite' || sqlitePath(url) === ':memory:') return url;
  return `sqlite:${resolve(directory, sqlitePath(url))}`;
}
