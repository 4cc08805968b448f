import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../clock.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import type { Credentials } from './basic-credentials.js';
import { BruteForceLimit } from './brute-force-limit.js';
import { allowsMethod, type Client, type ClientAuthenticationMethod } from './client.js';
import { ClientRegistry } from './client-registry.js';
import { hasSecret } from './client-secret.js';

/** The outcome of a client's attempt to authenticate. */
export type Authentication =
  | { readonly code: 'authenticated'; readonly client: Client }
  | { readonly code: 'invalid_client' }
  /** Too many attempts have failed; the next one is allowed after this many seconds. */
  | { readonly code: 'too_many_requests'; readonly retryAfterSeconds: number };

/** The request by which a client authenticates. */
export interface Attempt {
  readonly requestId: string;
  /** The IP address that sent it. */
  readonly address: string;
}

/** A method by which a client sends its secret (RFC 6749 §2.3.1). */
export type SecretMethod = Extract<ClientAuthenticationMethod, `client_secret_${string}`>;

/** Authenticates clients by secret. Counts, limits and audits failures, those of other methods too. */
@Injectable()
export class ClientAuthenticator {
  constructor(
    private readonly clients: ClientRegistry,
    private readonly limit: BruteForceLimit,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Authenticates a client by its secret. A success is returned synchronously; a failure may be a promise,
   * since failures may be counted in Redis.
   *
   * @param credentials `undefined` if they are malformed
   * @param method how they were sent; the client may be limited to other methods
   */
  bySecret(
    attempt: Attempt,
    credentials: Credentials | undefined,
    method: SecretMethod,
  ): MaybePromise<Authentication> {
    const clientId = credentials?.clientId ?? '';
    const blocked = this.refuseIfBlocked(attempt, clientId);
    if (blocked) return blocked;
    const client = this.clients.find(clientId);
    const matches = hasSecret(client, credentials?.clientSecret ?? '', this.clock.now());
    if (client && matches && !client.disabled && allowsMethod(client, method)) {
      return { code: 'authenticated', client };
    }
    return this.countFailure(attempt, clientId);
  }

  /**
   * Whether a client that has authenticated is unchanged: meanwhile it may have been disabled, or its secret
   * revoked.
   */
  isCurrent(client: Client): boolean {
    return this.clients.find(client.id) === client;
  }

  /** @returns the refusal of an attempt, if too many have failed; `undefined` if it may proceed */
  refuseIfBlocked(attempt: Attempt, clientId: string): Authentication | undefined {
    const seconds = this.limit.blockedSeconds(attempt.address, clientId);
    return seconds > 0 ? this.refuse(attempt, clientId, seconds) : undefined;
  }

  /**
   * Counts a signature check.
   *
   * @returns the refusal of an attempt, if its IP address had too many failures and then too many signature
   *   checks; `undefined` if its signature may be checked
   */
  countSignatureCheck(attempt: Attempt, clientId: string): Authentication | undefined {
    const seconds = this.limit.countSignatureCheck(attempt.address);
    return seconds > 0 ? this.refuse(attempt, clientId, seconds) : undefined;
  }

  /**
   * Counts a failed attempt.
   *
   * @returns its refusal
   */
  async countFailure(attempt: Attempt, clientId: string): Promise<Authentication> {
    return this.refuse(attempt, clientId, await this.limit.failed(attempt.address, clientId));
  }

  private refuse(
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
