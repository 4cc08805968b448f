import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { describeInPlainAscii } from '../clients/describe-policy.js';
import type { Client } from '../clients/client.js';
import type { Attempt } from '../clients/client-authenticator.js';
import { type ClientRequest, policyViolation } from '../clients/client-policy.js';
import { ClientRegistry } from '../clients/client-registry.js';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import { unavailable } from '../server/api-error.js';
import type { Issued, IssueOutcome, NotIssued } from '../token/issue-outcome.js';
import type { TokenRequest } from '../token/token-request.js';
import { TokenService } from '../token/token.service.js';
import { authenticationFailed, type Caller, ClientAuthentication } from './client-authentication.js';
import type { AccessTokenResponseDto } from './dto/access-token.dto.js';
import type { Evidence } from './grants/grant.js';
import { GrantTable, type RegisteredGrant } from './grants/grant-table.js';
import { asOAuthError, OAuthError, type OAuthErrorCode } from './oauth-error.js';
import { OAuthForm } from './oauth-form.js';
import { checkTarget, requestedAudience } from './requested-audience.js';
import { requestedScope } from './requested-scope.js';

/** The parts of a request that are known so far, with which a refusal is audited. */
interface KnownRequest {
  client?: Client;
  subject?: string;
  audience?: string | readonly string[];
  scope?: string | undefined;
  evidence?: Evidence | undefined;
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
    const grant = this.grants.named(requestedGrantType(form));
    const { client: found, isIdentified } = await this.findClient(form, grant, caller);
    known.client = found;
    grant.checkAllowed(found);
    const { requestId } = caller;
    const { subject, evidence } = await grant.decide(form, { client: found, isIdentified, requestId });
    known.subject = subject;
    known.evidence = evidence;
    const client = this.current(found, grant, { isIdentified, evidence }, caller);
    const audience = (known.audience = requestedAudience(form, client));
    if (evidence) checkTarget(audience, evidence, this.tokens.ownAudience);
    const scope = (known.scope = requestedScope(form, client, evidence));
    this.checkPolicy(client, { subject: evidence ? undefined : subject, audience, scope });
    const issued = issuedOrRefused(
      await this.tokens.issue({ type: 'at+jwt', client, subject, audience, ...grantedBy(evidence, scope) }),
      evidence,
    );
    this.auditIssued(caller, known, issued);
    return responseOf(issued, scope);
  }

  /**
   * Finds the client by its authentication; without one, by what the grant proves, if the grant can.
   *
   * @throws {OAuthError} such as `invalid_client`
   */
  private async findClient(
    form: OAuthForm,
    grant: RegisteredGrant,
    caller: Caller,
  ): Promise<{ readonly client: Client; readonly isIdentified: boolean }> {
    const isIdentified = grant.identifies && !this.authentication.isAttempted(form, caller);
    const client = isIdentified
      ? await grant.identify(form, { ...caller, namedId: form.get('client_id') })
      : await this.authentication.authenticate(form, caller);
    return { client, isIdentified };
  }

  /**
   * While a grant waits, for example for another service, the client may be disabled or deleted, or lose an
   * audience, a scope or the grant itself.
   *
   * @returns the client as it is now
   * @throws {OAuthError} if it no longer exists or is disabled, may no longer use the grant, or was changed at all
   *   while a token of a trusted issuer was checked
   */
  private current(
    found: Client,
    grant: RegisteredGrant,
    { isIdentified, evidence }: { readonly isIdentified: boolean; readonly evidence: Evidence | undefined },
    { authorization }: Caller,
  ): Client {
    const client = this.clients.find(found.id);
    if (client === found) return client;
    // Another client may have been registered with the same ID.
    if (!client || client.disabled || client.createdAt !== found.createdAt) {
      throw isIdentified ? clientChanged() : authenticationFailed(authorization !== undefined);
    }
    // The grant decided by the client as it was: it may no longer accept this issuer or this workload.
    if (isIdentified || evidence) throw clientChanged();
    grant.checkAllowed(client);
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

function clientChanged(): OAuthError {
  return new OAuthError('invalid_grant', 'The client was changed meanwhile');
}

function requestedGrantType(form: OAuthForm): string {
  const type = form.get('grant_type');
  if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  return type;
}

/** What a token has in addition to its client, subject and audience. */
function grantedBy(
  evidence: Evidence | undefined,
  scope: string | undefined,
): Pick<TokenRequest, 'scope' | 'claims' | 'actor' | 'expiresBy'> {
  return {
    ...(scope !== undefined && { scope }),
    ...(evidence && { claims: evidence.claims, actor: evidence.actor }),
    ...(evidence?.expiresBy !== undefined && { expiresBy: evidence.expiresBy }),
  };
}

function issuedOrRefused(outcome: IssueOutcome, evidence: Evidence | undefined): Issued {
  if (outcome.code === 'issued') return outcome;
  // What the token may not contain comes from the evidence: the request itself has been checked.
  if (evidence && outcome.code === 'invalid_request') throw evidence.refusal();
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

function auditFields({ client, subject, audience, scope, evidence }: KnownRequest): {
  client_id: string | undefined;
  sub: string | undefined;
  aud: string | readonly string[] | undefined;
  scope: string | undefined;
  trusted_issuer?: string;
} {
  return {
    client_id: client?.id,
    sub: subject,
    aud: audience,
    scope,
    ...(evidence && { trusted_issuer: evidence.trustedIssuer }),
  };
}
