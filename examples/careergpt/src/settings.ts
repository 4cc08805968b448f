import { existsSync } from 'node:fs';
import type { TokenClientOptions } from '@acme/identity-client/token-client';

/** The settings of this service, from its environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The issuer of the tokens, and the identity of this service there. */
  readonly identity: TokenClientOptions;
  /** The URL of logging-backend. */
  readonly loggingUrl: string;
}

/** Reads the environment and, if there is one, `.env`. */
export function readSettings(): Settings {
  if (existsSync('.env')) process.loadEnvFile();
  const { HOST, PORT, IDENTITY_URL, IDENTITY_CLIENT_ID, IDENTITY_CLIENT_SECRET, LOGGING_URL } = process.env;
  const port = Number(PORT ?? 5000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be 0 to 65535');
  return {
    host: HOST ?? '127.0.0.1',
    port,
    identity: {
      issuerUrl: IDENTITY_URL ?? 'http://127.0.0.1:3000',
      // A registered client; without one, the route that is open to anyone while TOKEN_ENDPOINT_AUTH=none.
      ...(IDENTITY_CLIENT_ID !== undefined && IDENTITY_CLIENT_SECRET !== undefined
        ? { clientId: IDENTITY_CLIENT_ID, clientSecret: IDENTITY_CLIENT_SECRET }
        : { subject: 'careergpt' }),
    },
    loggingUrl: LOGGING_URL ?? 'http://127.0.0.1:4000',
  };
}
