import { Inject, Injectable } from '@nestjs/common';
import type { Administrator } from '../clients/client-administration.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { ApiError, type ErrorCode } from '../server/api-error.js';
import { HeaderGuard } from '../server/header-guard.js';
import { TokenService } from '../token/token.service.js';
import { ADMIN_SCOPE, OWN_AUDIENCE } from './admin-options.js';

/** A request as it leaves the guard. */
export interface AdminRequest {
  readonly id: string;
  readonly headers: { readonly authorization?: string };
  administrator?: Administrator;
}

const BEARER = /^Bearer +(\S+)$/i;
const BEARER_SCHEME = /^Bearer( |$)/i;
const REALM = 'Bearer realm="identity-backend"';

/**
 * Admits who shows an access token (RFC 9068) that this service issued for itself with the scope of administrators.
 * Answers as RFC 6750 §3 says: who shows nothing is told of no error.
 */
@Injectable()
export class AdminGuard extends HeaderGuard<AdminRequest> {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(ClientRegistry) private readonly clients: ClientRegistry,
    @Inject(OWN_AUDIENCE) private readonly audience: string,
  ) {
    super();
  }

  /** Checks the token each time: the body may take seconds, and an administrator loses its rights at once. */
  override admit(request: AdminRequest): void {
    const { authorization } = request.headers;
    // Who uses another scheme did not know what to send, and is told no error either (RFC 6750 §3.1).
    if (authorization === undefined || !BEARER_SCHEME.test(authorization)) {
      throw refused('missing_token', 'Send a bearer token', REALM);
    }
    const token = BEARER.exec(authorization)?.[1];
    const verdict =
      token === undefined
        ? undefined
        : this.tokens.verify({ token, audience: this.audience, type: 'at+jwt' });
    if (verdict?.code !== 'valid') {
      throw refused('invalid_token', 'The token is not good here', `${REALM}, error="invalid_token"`);
    }
    const { scope = '', client_id: clientId } = verdict.claims;
    if (!scope.split(' ').includes(ADMIN_SCOPE) || !this.isAdministrator(clientId)) {
      throw refused(
        'insufficient_scope',
        `The scope ${ADMIN_SCOPE} is needed`,
        `${REALM}, error="insufficient_scope", scope="${ADMIN_SCOPE}"`,
      );
    }
    request.administrator = { id: String(clientId), requestId: request.id };
  }

  /** The client as it is now, whatever its tokens say: it may lack a scope or an audience that it had. */
  private isAdministrator(clientId: unknown): boolean {
    const client = typeof clientId === 'string' ? this.clients.find(clientId) : undefined;
    return Boolean(client?.scopes.includes(ADMIN_SCOPE) && client.audiences.includes(this.audience));
  }
}

function refused(code: ErrorCode, message: string, challenge: string): ApiError {
  const status = code === 'insufficient_scope' ? 403 : 401;
  return new ApiError(status, code, message, {}, { 'www-authenticate': challenge });
}

/** Who acts, for the audit; the guard has put it there. */
export function administratorOf({ administrator }: AdminRequest): Administrator {
  if (!administrator) throw new Error('The route has no AdminGuard');
  return administrator;
}
