import { Body, Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { AuditLog } from '../audit/audit-log.js';
import { Revocations } from '../revocation/revocations.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { ClientAuthentication } from './client-authentication.js';
import { TokenReferenceForm } from './introspection.form.js';
import { OAuthError } from './oauth-error.js';
import { OAuthErrors } from './oauth-errors.decorator.js';
import { OAuthForm } from './oauth-form.js';
import { hasAnyScope, isOwner, PresentedTokens, REVOCATION_SCOPES } from './presented-token.js';

/** `POST /oauth2/revoke` (RFC 7009). */
@Controller('oauth2/revoke')
export class RevokeController {
  constructor(
    @Inject(ClientAuthentication) private readonly authentication: ClientAuthentication,
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(AuditLog) private readonly audit: AuditLog,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @RouteConfig({ form: true })
  @OAuthErrors()
  @ApiOperation({ summary: 'Take a token back (RFC 7009)' })
  @ApiBody({ type: TokenReferenceForm })
  @ApiResponse({
    status: 200,
    description: 'The token is not good any more, or never was; the body is empty',
  })
  async revoke(@Body() body: unknown, @Req() request: OAuthRequest): Promise<void> {
    const form = new OAuthForm(body);
    const client = await this.authentication.authenticate(form, callerOf(request));
    const token = this.tokens.find(form);
    // What is dead for good needs no revocation (RFC 7009 §2.2). What is dead for now does: a token of the same id that
    // was taken back may expire sooner, and a client that is disabled be enabled again.
    if (!token) return;
    const { claims, isLive } = token;
    const { jti, client_id: owner } = claims;
    const mayRevoke = isOwner(client, claims) || hasAnyScope(client, REVOCATION_SCOPES);
    if (!isLive && (!mayRevoke || jti === undefined)) return;
    if (!mayRevoke) throw new OAuthError('unauthorized_client', 'The token was not issued to this client');
    if (jti === undefined) {
      throw new OAuthError('invalid_request', 'The token has no jti, so it cannot be revoked');
    }
    const isNew = await this.revocations.revoke(claims);
    if (!isNew) return;
    this.audit.record(request.id, {
      event: 'token.revoked',
      jti,
      client_id: typeof owner === 'string' ? owner : undefined,
      by: client.id,
    });
  }
}
