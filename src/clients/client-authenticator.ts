import type { Clock } from '../clock.js';
import type { Credentials } from './basic-credentials.js';
import type { BruteForceLimit } from './brute-force-limit.js';
import type { Client } from './client.js';
import type { ClientRegistry } from './client-registry.js';
import { hasSecret } from './client-secret.js';

/** What comes of a client's attempt to authenticate itself. */
export type Authentication =
  | { readonly code: 'authenticated'; readonly client: Client }
  | { readonly code: 'invalid_client' }
  /** Too many attempts failed; another may be made in so many seconds. */
  | { readonly code: 'too_many_requests'; readonly retryAfterSeconds: number };

/** Says whether a client is who it says it is. */
export class ClientAuthenticator {
  constructor(
    private readonly clients: ClientRegistry,
    private readonly limit: BruteForceLimit,
    private readonly clock: Clock,
  ) {}

  /**
   * By its secret. What fails may take longer, as failures can be counted elsewhere; what succeeds waits for nothing.
   *
   * @param address whom the request came from
   * @param credentials `undefined` where they could not be read
   */
  bySecret(address: string, credentials: Credentials | undefined): Authentication | Promise<Authentication> {
    const clientId = credentials?.clientId ?? '';
    const blocked = this.limit.blockedSeconds(address, clientId);
    if (blocked > 0) return { code: 'too_many_requests', retryAfterSeconds: blocked };
    const client = this.clients.find(clientId);
    const matches = hasSecret(client, credentials?.clientSecret ?? '', this.clock.now());
    if (client && matches && !client.disabled) return { code: 'authenticated', client };
    return this.failed(address, clientId);
  }

  /** @returns for how many seconds no more may be tried; 0 where it may */
  blockedSeconds(address: string, clientId: string): number {
    return this.limit.blockedSeconds(address, clientId);
  }

  /** Counts a failed attempt. */
  async failed(address: string, clientId: string): Promise<Authentication> {
    const retryAfterSeconds = await this.limit.failed(address, clientId);
    return retryAfterSeconds > 0
      ? { code: 'too_many_requests', retryAfterSeconds }
      : { code: 'invalid_client' };
  }
}
