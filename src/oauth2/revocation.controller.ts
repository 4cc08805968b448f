import { Body, Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { AuditLog } from '../audit/audit-log.js';
import { Revocations } from '../revocation/revocations.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { ClientGuard } from './client.guard.js';
import { ClientAuthentication } from './client-authentication.js';
import { TokenReferenceDto } from './dto/introspection.dto.js';
import { OAuthError } from './oauth-error.js';
import { OAuthErrors } from './oauth-errors.decorator.js';
import { OAuthForm } from './oauth-form.js';
import { presentedToken } from './presented-token.js';
import { RevocableTokens } from './revocable-token.js';

/** `POST /oauth2/revoke` (RFC 7009). */
@Controller('oauth2/revoke')
export class RevocationController {
  constructor(
    private readonly authentication: ClientAuthentication,
    private readonly tokens: RevocableTokens,
    private readonly revocations: Revocations,
    private readonly audit: AuditLog,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @RouteConfig({ form: true })
  @UseHeaderGuard(ClientGuard)
  @OAuthErrors(new OAuthError('unauthorized_client', 'The token was not issued to this client'))
  @ApiOperation({ summary: 'Revoke a token (RFC 7009)' })
  @ApiBody({ type: TokenReferenceDto })
  @ApiResponse({
    status: 200,
    description: 'The token is refused from now on, or was not valid; the body is empty',
  })
  async revoke(@Body() body: unknown, @Req() request: OAuthRequest): Promise<void> {
    const form = new OAuthForm(body);
    const client = await this.authentication.authenticate(form, callerOf(request));
    const claims = this.tokens.find(presentedToken(form), client);
    if (!claims || !(await this.revocations.revoke(claims))) return;
    const { jti = '', client_id: owner } = claims;
    this.audit.record(request.id, {
      event: 'token.revoked',
      jti,
      client_id: typeof owner === 'string' ? owner : undefined,
      by: client.id,
    });
  }
}
