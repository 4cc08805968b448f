import { Body, Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBasicAuth, ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type AccessTokenResponse, TokenEndpoint } from './token-endpoint.js';
import { AccessTokenDocument, OAuthErrorDocument, TokenForm } from './token.form.js';

/** `POST /oauth2/token` (RFC 6749 §3.2). */
@ApiTags('OAuth 2.0')
@Controller('oauth2/token')
export class TokenController {
  constructor(@Inject(TokenEndpoint) private readonly endpoint: TokenEndpoint) {}

  @Post()
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @RouteConfig({ form: true })
  @ApiBasicAuth()
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOperation({ summary: 'Grant an access token to a registered client (RFC 6749, RFC 9068)' })
  @ApiBody({ type: TokenForm })
  @ApiResponse({ status: 200, description: 'The token', type: AccessTokenDocument })
  @ApiResponse({ status: 400, description: 'The request is refused', type: OAuthErrorDocument })
  @ApiResponse({ status: 401, description: 'Client authentication failed', type: OAuthErrorDocument })
  @ApiResponse({ status: 413, description: 'The body is larger than 64 KiB', type: OAuthErrorDocument })
  @ApiResponse({ status: 429, description: 'Too many attempts failed', type: OAuthErrorDocument })
  @ApiResponse({ status: 500, description: 'Something that should not happen', type: OAuthErrorDocument })
  @ApiResponse({ status: 503, description: 'Not now', type: OAuthErrorDocument })
  grantToken(
    @Body() body: unknown,
    @Req() request: { id: string; ip: string; headers: { authorization?: string } },
  ): Promise<AccessTokenResponse> {
    const { ip, headers, id } = request;
    return this.endpoint.answer(body, { address: ip, authorization: headers.authorization }, id);
  }
}
