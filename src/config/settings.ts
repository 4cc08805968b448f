import type { Algorithm } from '../jwt/algorithms.js';
import type { PrivateKey } from '../keys/private-key.js';

/** The settings of a running service: read once, validated, in the units of the code. Frozen. */
export interface Settings {
  readonly production: boolean;
  /** `NODE_ENV`; `development` if it is not set. */
  readonly mode: 'production' | 'development' | 'test';
  /** The path of the `.env` that was read; `undefined` if there is none. */
  readonly settingsFile: string | undefined;
  readonly issuer: string;
  /**
   * The URL at which clients reach the service, without a `/` at the end; `undefined` if no setting says it.
   */
  readonly publicUrl: string | undefined;
  /** What a client assertion may name as its audience: the issuer alone, or the token endpoint too. */
  readonly clientAssertionAudience: 'issuer-or-endpoint' | 'issuer';
  /** Seconds. */
  readonly lifetimeSeconds: number;
  /** The first signs, all are accepted. */
  readonly algorithms: readonly Algorithm[];
  /** Other algorithms for some audiences. */
  readonly audienceAlgorithms: ReadonlyMap<string, readonly Algorithm[]>;
  /** Private keys that the operator provides; of each algorithm the first signs. */
  readonly importedKeys: readonly PrivateKey[];
  /** How long a key that the service made signs; null for rotation by hand only. */
  readonly rotationPeriodMs: number | null;
  /** Required if a configured algorithm is an HMAC. */
  readonly secret: string | undefined;
  readonly previousSecrets: readonly string[];
  readonly clockToleranceSeconds: number;
  /** See `DATABASE_URL`; an SQLite file has an absolute path. */
  readonly databaseUrl: string;
  /** Encrypts private keys at rest. */
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly redisUrl: string | undefined;
  /** Failed authentications a minute; 0 for no limit. */
  readonly mostAuthFailures: number;
  /** Requests of an IP address within a window; 0 for no limit. */
  readonly rateLimitMax: number;
  readonly rateLimitWindowMs: number;
  /** Processes on the same port. */
  readonly workers: number;
  /** Whether Phusion Passenger runs the process. */
  readonly inPassenger: boolean;
  readonly tokenEndpointAuth: 'none' | 'required';
  readonly host: string;
  readonly port: number;
  /** Empty, or `/` and segments without a `/` at the end. */
  readonly basePath: string;
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly debugEnv: boolean;
  readonly swagger: boolean;
  readonly metrics: boolean;
  readonly corsOrigins: readonly string[];
  /** What the operator should read at the start; never contains a value. */
  readonly notices: readonly string[];
}

/** The settings as read, before the installation has made its own secrets. */
export interface LoadedSettings extends Omit<Settings, 'encryptionKey'> {
  /** `undefined` if it is neither set nor kept in {@link dataDirectory}. */
  readonly encryptionKey: string | undefined;
  /** The folder of the secrets that the installation made for itself. */
  readonly dataDirectory: string;
  /**
   * Whether a setting of this service is in the environment or in `.env`, other than such as `NODE_ENV` or
   * `PORT`.
   */
  readonly isConfigured: boolean;
}

/**
 * Settings with which the service does not start: every fault by the name of its variable, never with its
 * value.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(
      `The service cannot start with these settings:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
}
