import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { secretWarnings } from '../jwt/secret-strength.js';
import { baseUrlOf } from '../published-urls.js';
import { sqlitePath } from '../database/database-url.js';
import { databaseFaults, databaseNotices, withWholePaths } from './database-settings.js';
import { Environment } from './environment.js';
import { type GivenValues, givenValues, type Variables } from './given-values.js';
import { keySettings, type GivenKeys, needsSharedSecret } from './key-settings.js';
import { cannotKeep, readLocalSecret } from './local-secret.js';
import {
  encryptionKeyFaults,
  encryptionKeyNotices,
  secretFaults,
  secretNotices,
  unfitEncryptionKey,
} from './secret-rules.js';
import { listOf, secretsOf } from './setting-values.js';
import { type LoadedSettings, SettingsError } from './settings.js';

/** Names that other programs use too: alone, they do not show that a folder belongs to the service. */
const GENERIC_NAMES = ['NODE_ENV', 'HOST', 'PORT', 'PASSENGER_BASE_URI', 'IN_PASSENGER'];

/**
 * Reads the settings from the environment and from `.env`; the environment takes precedence. Writes nothing:
 * `withLocalSecrets` makes missing secrets.
 *
 * @param directory contains `.env` and `data/`
 * @param variables the environment
 * @param envFile a file to read instead of `.env`; it must exist
 * @throws {SettingsError} with all faults at once
 */
export function loadSettings(
  directory = process.cwd(),
  variables: Variables = process.env,
  envFile?: string,
): LoadedSettings {
  const given = givenValues(directory, variables, envFile);
  const environment = toEnvironment(given.values);
  const { keys, faults: keyFaults } = keySettings(environment, directory);
  const faults = [
    ...given.faults,
    ...validateSync(environment, { stopAtFirstError: true }).flatMap(({ constraints }) =>
      Object.values(constraints ?? {}),
    ),
    ...secretFaults(environment),
    ...keyFaults,
    ...encryptionKeyFaults(environment),
    ...workerFaults(environment),
    ...databaseFaults(environment.DATABASE_URL, directory),
  ];
  if (faults.length > 0) throw new SettingsError(faults);
  return toSettings(environment, keys, { directory, given });
}

/** Converts the values without checking them; `validateSync` does that. */
export function toEnvironment(values: GivenValues['values']): Environment {
  return plainToInstance(Environment, values, { exposeDefaultValues: true });
}

function toSettings(
  environment: Environment,
  keys: GivenKeys,
  { directory, given }: { readonly directory: string; readonly given: GivenValues },
): LoadedSettings {
  const dataDirectory = join(directory, 'data');
  const production = environment.NODE_ENV === 'production';
  const { notices, ...allSecrets } = secrets(environment, dataDirectory);
  return Object.freeze({
    production,
    mode: environment.NODE_ENV ?? 'development',
    settingsFile: given.file,
    dataDirectory,
    isConfigured: Object.keys(given.values).some((name) => !GENERIC_NAMES.includes(name)),
    issuer: environment.JWT_ISSUER,
    publicUrl: baseUrlOf(environment.PUBLIC_URL ?? environment.JWT_ISSUER),
    clientAssertionAudience: environment.CLIENT_ASSERTION_AUDIENCE,
    issuerNetworks: listOf(environment.ISSUER_NETWORKS),
    maxDelegationDepth: environment.MAX_DELEGATION_DEPTH,
    lifetimeSeconds: environment.JWT_EXPIRATION_MINUTES * 60,
    ...keys,
    ...allSecrets,
    clockToleranceSeconds: environment.JWT_CLOCK_TOLERANCE_SECONDS,
    databaseUrl: withWholePaths(environment.DATABASE_URL, directory),
    redisUrl: environment.REDIS_URL,
    authFailureMax: environment.AUTH_FAILURE_MAX,
    rateLimitMax: environment.RATE_LIMIT_MAX,
    rateLimitWindowMs: environment.RATE_LIMIT_WINDOW_SECONDS * 1000,
    workers: workersOf(environment),
    inPassenger: environment.IN_PASSENGER !== undefined,
    tokenEndpointAuth: environment.TOKEN_ENDPOINT_AUTH ?? (production ? 'required' : 'none'),
    ...httpSettings(environment, production),
    notices: [...notices, ...databaseNotices(environment.DATABASE_URL, production), ...given.notices],
  });
}

/** The host and port to listen on, the trusted proxies, and which optional routes are open. */
function httpSettings(environment: Environment, production: boolean) {
  const switchedOn = (value: string | undefined, byDefault: boolean): boolean =>
    value === undefined ? byDefault : value === 'true';
  const proxies =
    environment.TRUST_PROXY ?? (environment.IN_PASSENGER === undefined ? undefined : '127.0.0.1');
  return {
    host: environment.HOST,
    port: environment.PORT,
    basePath: basePathOf(environment),
    trustedProxies: listOf(proxies),
    logLevel: environment.LOG_LEVEL,
    debugEnv: switchedOn(environment.DEBUG_ENV, !production),
    swagger: switchedOn(environment.SWAGGER, true),
    metrics: switchedOn(environment.METRICS, !production),
    corsOrigins: listOf(environment.CORS_ORIGINS),
  };
}

/** The path that all routes start with: empty, or `/` and segments without a trailing `/`. */
export function basePathOf({ BASE_PATH, PASSENGER_BASE_URI }: Environment): string {
  const path = (BASE_PATH ?? PASSENGER_BASE_URI ?? '').replace(/^\/|\/$/g, '');
  return path === '' ? '' : `/${path}`;
}

/** The configured secrets, and what the operator should know about them. */
function secrets(
  environment: Environment,
  dataDirectory: string,
): Pick<
  LoadedSettings,
  'secret' | 'previousSecrets' | 'encryptionKey' | 'previousEncryptionKeys' | 'notices'
> {
  const shared = sharedSecret(environment, dataDirectory);
  const encryptionKey =
    environment.KEY_ENCRYPTION_KEY ?? keptSecret(dataDirectory, 'key-encryption-key', 'KEY_ENCRYPTION_KEY');
  const faults =
    encryptionKey === undefined ? [] : unfitEncryptionKey(environment, encryptionKey, shared.secret);
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    secret: shared.secret,
    previousSecrets: secretsOf(environment.JWT_SECRET_KEY_PREVIOUS),
    encryptionKey,
    previousEncryptionKeys: secretsOf(environment.KEY_ENCRYPTION_KEY_PREVIOUS),
    notices: [
      ...shared.notices,
      ...secretNotices(environment),
      ...encryptionKeyNotices(environment, encryptionKey),
    ],
  };
}

function sharedSecret(
  environment: Environment,
  dataDirectory: string,
): { readonly secret: string | undefined; readonly notices: readonly string[] } {
  if (environment.JWT_SECRET_KEY !== undefined || !needsSharedSecret(environment)) {
    return { secret: environment.JWT_SECRET_KEY, notices: [] };
  }
  const secret = keptSecret(dataDirectory, 'jwt-secret-key', 'JWT_SECRET_KEY');
  const warnings = secret === undefined ? [] : secretWarnings(secret);
  return { secret, notices: warnings.map((words) => `data/jwt-secret-key ${words}`) };
}

/** Checks the number of workers: they cannot share a database in memory. */
function workerFaults(environment: Environment): string[] {
  return sqlitePath(environment.DATABASE_URL) === ':memory:' && workersOf(environment) > 1
    ? ['WORKERS is more than 1, and DATABASE_URL is in the memory of one process']
    : [];
}

/** The number of processes that the service starts. Passenger starts processes itself. */
function workersOf({ WORKERS, IN_PASSENGER }: Environment): number {
  if (IN_PASSENGER !== undefined) return 1;
  return WORKERS === 'auto' ? availableParallelism() : Number(WORKERS);
}

function keptSecret(directory: string, file: string, variable: string): string | undefined {
  try {
    return readLocalSecret(directory, file);
  } catch (error) {
    throw cannotKeep(variable, error);
  }
}
