import { SystemClock, type Clock } from '../clock.js';
import { globalFetch, type Fetch } from '../http-client/fetch-json.js';
import { checkServiceAddress } from '../http-client/service-address.js';
import type { TokenClientOptions } from './token-client-options.js';

/** The client ID and secret of this service at the issuer. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The options, validated and complete. */
export interface ClientSettings {
  /** Without a trailing slash. */
  readonly issuerUrl: string;
  readonly credentials: ClientCredentials | undefined;
  readonly subject: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: Fetch;
}

/** @throws {TypeError} naming the invalid option and disclosing no secret */
export function clientSettings(options: TokenClientOptions): ClientSettings {
  const { issuerUrl, subject, allowPlainHttp = false } = options;
  checkServiceAddress('TokenClient: issuerUrl', issuerUrl, { allowPlainHttp });
  const credentials = readCredentials(options);
  if (subject === '' || (subject === undefined && !credentials)) {
    throw new TypeError('TokenClient: give clientId and clientSecret, or a subject, or all three');
  }
  return {
    issuerUrl: issuerUrl.replace(/\/+$/, ''),
    credentials,
    subject,
    clock: options.clock ?? new SystemClock(),
    random: options.random ?? Math.random,
    fetch: options.fetch ?? globalFetch,
  };
}

function readCredentials({ clientId, clientSecret }: TokenClientOptions): ClientCredentials | undefined {
  if (clientId === undefined && clientSecret === undefined) return undefined;
  if (!clientId || !clientSecret) throw new TypeError('TokenClient: clientId and clientSecret go together');
  return { clientId, clientSecret };
}
