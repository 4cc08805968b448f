import { existsSync } from 'node:fs';
import type { IssuerOptions } from '@acme/identity-client/guard';

/** Injection token of the {@link Settings}. */
export const SETTINGS = Symbol('SETTINGS');

/** The name of this service: tokens must have it in their `aud`. */
export const AUDIENCE = 'logging-service';

/** The settings of this service, from its environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** `sqlite:data/logs.db`, `postgres://…` or `mysql://…` */
  readonly databaseUrl: string;
  /** Whether `/debug-env` is served, which is open to anyone. */
  readonly debugEnv: boolean;
  /** What tokens are measured against. */
  readonly tokens: IssuerOptions;
}

/** Reads the environment and, if there is one, `.env`. */
export function readSettings(): Settings {
  if (existsSync('.env')) process.loadEnvFile();
  const { HOST, PORT, LOG_DB_URL, DEBUG_ENV, NODE_ENV } = process.env;
  const port = Number(PORT ?? 4000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be 0 to 65535');
  return {
    host: HOST ?? '127.0.0.1',
    port,
    databaseUrl: LOG_DB_URL ?? 'sqlite:data/logs.db',
    debugEnv: DEBUG_ENV === undefined ? NODE_ENV !== 'production' : DEBUG_ENV === 'true',
    tokens: tokenSettings(process.env),
  };
}

/**
 * With a shared secret, with the public keys of the issuer, or with both while this audience moves from the one to the
 * other: JWT_ALGORITHM must say then what is accepted. Without either, the keys are found by the issuer's metadata.
 */
function tokenSettings(environment: NodeJS.ProcessEnv): IssuerOptions {
  const { JWT_ISSUER, JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS, JWT_JWKS_URI, JWT_ALGORITHM } = environment;
  const secrets = [JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS].filter((secret) => secret !== undefined);
  return {
    issuer: JWT_ISSUER ?? 'identity-backend',
    audience: AUDIENCE,
    ...(secrets.length > 0 && { secrets }),
    ...(JWT_JWKS_URI !== undefined && { jwksUri: JWT_JWKS_URI }),
    ...(secrets.length === 0 && JWT_JWKS_URI === undefined && { discover: true }),
    // What is no algorithm is refused by name when the application starts.
    ...(JWT_ALGORITHM !== undefined && {
      algorithms: JWT_ALGORITHM.split('|') as NonNullable<IssuerOptions['algorithms']>,
    }),
  };
}
