import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../clock.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import type { Credentials } from './basic-credentials.js';
import { BruteForceLimit } from './brute-force-limit.js';
import type { Client } from './client.js';
import { ClientRegistry } from './client-registry.js';
import { hasSecret } from './client-secret.js';

/** What comes of a client's attempt to authenticate itself. */
export type Authentication =
  | { readonly code: 'authenticated'; readonly client: Client }
  | { readonly code: 'invalid_client' }
  /** Too many attempts failed; another may be made in so many seconds. */
  | { readonly code: 'too_many_requests'; readonly retryAfterSeconds: number };

/** The request by which a client authenticates itself. */
export interface Attempt {
  readonly requestId: string;
  /** The address that it came from. */
  readonly address: string;
}

/** Says whether a client is who it says it is. */
@Injectable()
export class ClientAuthenticator {
  constructor(
    private readonly clients: ClientRegistry,
    private readonly limit: BruteForceLimit,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /**
   * By its secret. What fails may take longer, as failures can be counted elsewhere; what succeeds waits for nothing.
   *
   * @param credentials `undefined` where they could not be read
   */
  bySecret(attempt: Attempt, credentials: Credentials | undefined): MaybePromise<Authentication> {
    const clientId = credentials?.clientId ?? '';
    const blocked = this.blocked(attempt, clientId);
    if (blocked) return blocked;
    const client = this.clients.find(clientId);
    const matches = hasSecret(client, credentials?.clientSecret ?? '', this.clock.now());
    if (client && matches && !client.disabled) return { code: 'authenticated', client };
    return this.failed(attempt, clientId);
  }

  /** Whether a client that authenticated itself has not changed since: it may be disabled, or its secret revoked. */
  isCurrent(client: Client): boolean {
    return this.clients.find(client.id) === client;
  }

  /** @returns the refusal of an attempt that comes after too many; `undefined` where it may be heard */
  blocked(attempt: Attempt, clientId: string): Authentication | undefined {
    const seconds = this.limit.blockedSeconds(attempt.address, clientId);
    return seconds > 0 ? this.refused(attempt, clientId, seconds) : undefined;
  }

  /** @returns the refusal of an attempt whose signature is not checked, after too many failed; `undefined` if it may be */
  signatureRefused(attempt: Attempt, clientId: string): Authentication | undefined {
    const seconds = this.limit.signatureSeconds(attempt.address);
    return seconds > 0 ? this.refused(attempt, clientId, seconds) : undefined;
  }

  /** Counts a failed attempt. */
  async failed(attempt: Attempt, clientId: string): Promise<Authentication> {
    return this.refused(attempt, clientId, await this.limit.failed(attempt.address, clientId));
  }

  private refused(
    { requestId, address }: Attempt,
    clientId: string,
    retryAfterSeconds: number,
  ): Authentication {
    const code = retryAfterSeconds > 0 ? 'too_many_requests' : 'invalid_client';
    const named = this.clients.find(clientId)?.id;
    this.audit.record(requestId, { event: 'authentication.failed', code, client_id: named, address });
    return code === 'invalid_client' ? { code } : { code, retryAfterSeconds };
  }
}
