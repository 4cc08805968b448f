import type { Algorithm } from '../jwt/algorithms.js';
import type { PrivateKey } from '../keys/private-key.js';

/**
 * The settings of a running service: read once, validated, converted to the units of the code, and frozen.
 */
export interface Settings {
  readonly production: boolean;
  /** `NODE_ENV`; `development` if it is not set. */
  readonly mode: 'production' | 'development' | 'test';
  /** The path of the `.env` that was read; `undefined` if there is none. */
  readonly settingsFile: string | undefined;
  readonly issuer: string;
  /**
   * The URL at which clients reach the service, without a trailing `/`; `undefined` if no setting names it.
   */
  readonly publicUrl: string | undefined;
  /** What the audience of a client assertion may be: only the issuer, or the token endpoint too. */
  readonly clientAssertionAudience: 'issuer-or-endpoint' | 'issuer';
  /** The private networks, in CIDR notation, in which the keys of trusted issuers may be. */
  readonly issuerNetworks: readonly string[];
  /** The most links that an `act` claim may have. */
  readonly maxDelegationDepth: number;
  /** The lifetime of a token; a caller may request a shorter one. */
  readonly lifetimeSeconds: number;
  /** The first one signs; all are accepted. */
  readonly algorithms: readonly Algorithm[];
  /** Other algorithms for some audiences. */
  readonly audienceAlgorithms: ReadonlyMap<string, readonly Algorithm[]>;
  /** Private keys that the operator provides. The first of each algorithm signs. */
  readonly importedKeys: readonly PrivateKey[];
  /** How long a key that the service made signs; null for rotation by hand only. */
  readonly rotationPeriodMs: number | null;
  /** The shared secret; required if a configured algorithm is an HMAC. */
  readonly secret: string | undefined;
  readonly previousSecrets: readonly string[];
  readonly clockToleranceSeconds: number;
  /** See `DATABASE_URL`; an SQLite file has an absolute path. */
  readonly databaseUrl: string;
  /** Encrypts private keys at rest. */
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly redisUrl: string | undefined;
  /** Failed authentications in a minute; 0 for no limit. */
  readonly authFailureMax: number;
  /** Requests of an IP address within a window; 0 for no limit. */
  readonly rateLimitMax: number;
  readonly rateLimitWindowMs: number;
  /** The number of processes on the same port. */
  readonly workers: number;
  /** Whether Phusion Passenger runs the process. */
  readonly inPassenger: boolean;
  readonly tokenEndpointAuth: 'none' | 'required';
  readonly host: string;
  readonly port: number;
  /** Empty, or `/` and segments without a trailing `/`. */
  readonly basePath: string;
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  readonly debugEnv: boolean;
  readonly swagger: boolean;
  readonly metrics: boolean;
  readonly corsOrigins: readonly string[];
  /** What the operator should know when the service starts; no notice contains a value. */
  readonly notices: readonly string[];
}

/** The settings as read, before missing secrets are made. */
export interface LoadedSettings extends Omit<Settings, 'encryptionKey'> {
  /** `undefined` if it is neither set nor kept in {@link dataDirectory}. */
  readonly encryptionKey: string | undefined;
  /** The folder of the secrets that the installation made for itself. */
  readonly dataDirectory: string;
  /**
   * Whether the environment or `.env` sets a variable of this service, apart from generic ones such as
   * `NODE_ENV` or `PORT`.
   */
  readonly isConfigured: boolean;
}

/**
 * The settings do not let the service start. Every fault names its variable, and never contains its value.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(
      `The service cannot start with these settings:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
}
