import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { describeInPlainAscii } from '../clients/describe-policy.js';
import type { Client } from '../clients/client.js';
import type { Attempt } from '../clients/client-authenticator.js';
import { type ClientRequest, policyViolation } from '../clients/client-policy.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { isScope } from '../jwt/scope.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import { unavailable } from '../server/api-error.js';
import type { Issued, IssueOutcome, NotIssued } from '../token/issue-outcome.js';
import { TokenService } from '../token/token.service.js';
import { authenticationFailed, type Caller, ClientAuthentication } from './client-authentication.js';
import type { AccessTokenResponseDto } from './dto/access-token.dto.js';
import { GrantTable } from './grants/grant-table.js';
import { asOAuthError, OAuthError, type OAuthErrorCode } from './oauth-error.js';
import { OAuthForm } from './oauth-form.js';
import { requestedAudience } from './requested-audience.js';

/** The parts of a request that are known so far, with which a refusal is audited. */
interface KnownRequest {
  client?: Client;
  subject?: string;
  audience?: string | readonly string[];
  scope?: string | undefined;
}

const ERROR_CODES: Readonly<Record<Exclude<NotIssued['code'], 'unavailable'>, OAuthErrorCode>> = {
  invalid_request: 'invalid_request',
  invalid_target: 'invalid_target',
  invalid_scope: 'invalid_scope',
  access_denied: 'invalid_grant',
};

/**
 * The token endpoint (RFC 6749 §3.2): the same steps for all grants. A grant decides the subject of the token
 * and cannot skip the checks of audience and scope.
 */
@Injectable()
export class TokenEndpoint {
  constructor(
    private readonly grants: GrantTable,
    private readonly authentication: ClientAuthentication,
    private readonly clients: ClientRegistry,
    private readonly tokens: TokenService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param body the body of the request, a form
   * @throws {OAuthError}
   */
  async respond(body: unknown, caller: Caller): Promise<AccessTokenResponseDto> {
    const known: KnownRequest = {};
    return this.auditRefusal(caller, known, () => this.grantToken(body, caller, known));
  }

  /**
   * Authenticates a client by its Authorization header, before the body is read.
   *
   * @throws {OAuthError}
   */
  authenticate(attempt: Attempt, authorization: string): MaybePromise<Client> {
    return this.auditRefusal(attempt, {}, () => this.authentication.byHeader(attempt, authorization));
  }

  private async grantToken(
    body: unknown,
    caller: Caller,
    known: KnownRequest,
  ): Promise<AccessTokenResponseDto> {
    const form = new OAuthForm(body);
    const type = requestedGrantType(form);
    const authenticated = (known.client = await this.authentication.authenticate(form, caller));
    const { subject } = await this.grants.allowed(type, authenticated).decide(authenticated, form);
    known.subject = subject;
    const client = this.current(authenticated, type, caller);
    const audience = (known.audience = requestedAudience(form, client));
    const scope = (known.scope = requestedScope(form));
    this.checkPolicy(client, { subject, audience, scope });
    const issued = issuedOrRefused(
      await this.tokens.issue({
        type: 'at+jwt',
        client,
        subject,
        audience,
        ...(scope !== undefined && { scope }),
      }),
    );
    this.auditIssued(caller, known, issued);
    return responseOf(issued, scope);
  }

  /**
   * While a grant waits, for example for another service, the client may be disabled or deleted, or lose an
   * audience, a scope or the grant itself.
   *
   * @returns the client as it is now
   * @throws {OAuthError} if it no longer exists or is disabled, or may no longer use the grant
   */
  private current(authenticated: Client, type: string, { authorization }: Caller): Client {
    const client = this.clients.find(authenticated.id);
    if (client === authenticated) return client;
    // Another client may have been registered with the same ID.
    if (!client || client.disabled || client.createdAt !== authenticated.createdAt) {
      throw authenticationFailed(authorization !== undefined);
    }
    this.grants.allowed(type, client);
    return client;
  }

  /** @throws {OAuthError} if the client requests more than it may have */
  private checkPolicy(client: Client, request: ClientRequest): void {
    const isClient = (id: string): boolean => this.clients.isClient(id);
    switch (policyViolation(client, request, isClient)) {
      case undefined:
        return;
      case 'audience':
        throw new OAuthError(
          'invalid_target',
          `The client may not ask for this audience; its audiences: ${describeInPlainAscii(client.audiences)}`,
        );
      case 'scope':
        throw new OAuthError(
          'invalid_scope',
          `The client may not ask for this scope; its scopes: ${describeInPlainAscii(client.scopes)}`,
        );
      case 'subject':
      case 'claims':
        throw new OAuthError('invalid_grant', 'The client may not ask for this subject');
    }
  }

  private auditIssued({ requestId }: Attempt, known: KnownRequest, issued: Issued): void {
    const { tokenId: jti, algorithm: alg } = issued;
    this.audit.record(requestId, { event: 'token.issued', jti, alg, ...auditFields(known) });
  }

  /** Runs the steps. Records a refusal and rethrows it. */
  private auditRefusal<T>(
    { requestId }: Attempt,
    known: KnownRequest,
    steps: () => MaybePromise<T>,
  ): MaybePromise<T> {
    const refused = (error: unknown): never => {
      if (error instanceof OAuthError) {
        this.audit.record(requestId, { event: 'token.refused', code: error.code, ...auditFields(known) });
      }
      throw error;
    };
    try {
      const result = steps();
      return result instanceof Promise ? result.catch(refused) : result;
    } catch (error) {
      return refused(error);
    }
  }
}

function requestedGrantType(form: OAuthForm): string {
  const type = form.get('grant_type');
  if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  return type;
}

function requestedScope(form: OAuthForm): string | undefined {
  const scope = form.get('scope');
  if (scope !== undefined && !isScope(scope)) throw new OAuthError('invalid_scope', 'scope is malformed');
  return scope;
}

function issuedOrRefused(outcome: IssueOutcome): Issued {
  if (outcome.code === 'issued') return outcome;
  if (outcome.code === 'unavailable') throw asOAuthError(unavailable(outcome.reason));
  throw new OAuthError(ERROR_CODES[outcome.code], outcome.reason);
}

function responseOf({ token, expiresIn }: Issued, scope: string | undefined): AccessTokenResponseDto {
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...(scope !== undefined && { scope }),
  };
}

function auditFields({ client, subject, audience, scope }: KnownRequest): {
  client_id: string | undefined;
  sub: string | undefined;
  aud: string | readonly string[] | undefined;
  scope: string | undefined;
} {
  return { client_id: client?.id, sub: subject, aud: audience, scope };
}
