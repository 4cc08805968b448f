import type { AuditLog } from '../audit/audit-log.js';
import { describeInPlainAscii } from '../clients/describe-policy.js';
import type { Client } from '../clients/client.js';
import type { Attempt } from '../clients/client-authenticator.js';
import { violationOf } from '../clients/client-policy.js';
import type { ClientRegistry } from '../clients/client-registry.js';
import { unavailable } from '../server/unavailable.js';
import { isScope } from '../jwt/scope.js';
import { type MaybePromise, andThen } from '../concurrency/maybe-promise.js';
import type { IssueOutcome, NotIssued } from '../token/issue-outcome.js';
import type { TokenService } from '../token/token.service.js';
import type { Caller, ClientAuthentication } from './client-authentication.js';
import type { Grant } from './grants/grant.js';
import { asOAuthError, OAuthError, type OAuthErrorCode } from './oauth-error.js';
import { OAuthForm } from './oauth-form.js';
import { requestedAudience } from './requested-audience.js';

/** What is answered (RFC 6749 §5.1). */
export interface AccessTokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope?: string;
}

/** What is to be known of a request: for the audit, as far as it is known when the request is refused. */
interface Asked {
  client?: Client;
  subject?: string;
  audience?: string | readonly string[];
  scope?: string | undefined;
}

const OUTCOMES: Readonly<Record<Exclude<NotIssued['code'], 'unavailable'>, OAuthErrorCode>> = {
  invalid_request: 'invalid_request',
  invalid_target: 'invalid_target',
  invalid_scope: 'invalid_scope',
  access_denied: 'invalid_grant',
};

/**
 * The token endpoint (RFC 6749 §3.2): one pipeline for all grants. The client is authenticated, the grant decides who
 * the token is about, audience and scope are held against what the client may have, the token is signed and audited.
 */
export class TokenEndpoint {
  constructor(
    private readonly grants: readonly Grant[],
    private readonly authentication: ClientAuthentication,
    private readonly clients: ClientRegistry,
    private readonly tokens: TokenService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param body of the request, a form
   * @returns the token; a promise only where somebody else is asked: about the client, or for an RSA signature
   * @throws {OAuthError}
   */
  answer(body: unknown, caller: Caller): MaybePromise<AccessTokenResponse> {
    const asked: Asked = {};
    return this.audited(caller, asked, () => this.grant(new OAuthForm(body), caller, asked));
  }

  /**
   * Authenticates a client by its Authorization header, before the body is read.
   *
   * @throws {OAuthError}
   */
  authenticate(attempt: Attempt, authorization: string): MaybePromise<Client> {
    return this.audited(attempt, {}, () => this.authentication.byHeader(attempt, authorization));
  }

  /** Records a refusal, then throws it on. */
  private audited<T>({ requestId }: Attempt, asked: Asked, decide: () => MaybePromise<T>): MaybePromise<T> {
    const refused = (error: unknown): never => {
      if (error instanceof OAuthError) {
        this.audit.record(requestId, { event: 'token.refused', code: error.code, ...described(asked) });
      }
      throw error;
    };
    try {
      const answer = decide();
      return answer instanceof Promise ? answer.catch(refused) : answer;
    } catch (error) {
      return refused(error);
    }
  }

  private grant(form: OAuthForm, caller: Caller, asked: Asked): MaybePromise<AccessTokenResponse> {
    const type = form.get('grant_type');
    if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
    return andThen(this.authentication.authenticate(form, caller), (client) =>
      andThen(this.issue(type, form, client, asked), (outcome) => this.respond(outcome, caller, asked)),
    );
  }

  /** Decides what the client gets, and has it signed. */
  private issue(type: string, form: OAuthForm, client: Client, asked: Asked): MaybePromise<IssueOutcome> {
    asked.client = client;
    const grant = this.grants.find((each) => each.type === type);
    if (!grant) throw new OAuthError('unsupported_grant_type', 'This grant_type is not known here');
    if (!client.grantTypes.includes(type)) {
      throw new OAuthError('unauthorized_client', 'The client may not use this grant_type');
    }
    const { subject } = grant.decide({ form, client });
    asked.subject = subject;
    const audience = requestedAudience(form, client);
    asked.audience = audience;
    const scope = form.get('scope');
    if (scope !== undefined && !isScope(scope)) throw new OAuthError('invalid_scope', 'scope is malformed');
    asked.scope = scope;
    this.checkPolicy(client, subject, audience, scope);
    return this.tokens.issue({
      type: 'at+jwt',
      client,
      subject,
      audience,
      ...(scope !== undefined && { scope }),
    });
  }

  private respond(outcome: IssueOutcome, caller: Caller, asked: Asked): AccessTokenResponse {
    if (outcome.code === 'unavailable') throw asOAuthError(unavailable(outcome.reason));
    if (outcome.code !== 'issued') throw new OAuthError(OUTCOMES[outcome.code], outcome.reason);
    const { token, tokenId, algorithm, expiresIn } = outcome;
    this.audit.record(caller.requestId, {
      event: 'token.issued',
      jti: tokenId,
      alg: algorithm,
      ...described(asked),
    });
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresIn,
      ...(asked.scope !== undefined && { scope: asked.scope }),
    };
  }

  private checkPolicy(
    client: Client,
    subject: string,
    audience: string | readonly string[],
    scope: string | undefined,
  ): void {
    const isClient = (id: string): boolean => this.clients.isClient(id);
    switch (violationOf(client, { subject, audience, scope }, isClient)) {
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
}

function described({ client, subject, audience, scope }: Asked): {
  client_id: string | undefined;
  sub: string | undefined;
  aud: string | readonly string[] | undefined;
  scope: string | undefined;
} {
  return { client_id: client?.id, sub: subject, aud: audience, scope };
}
