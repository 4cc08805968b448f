import { Body, Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { FastRoute } from '../server/fast-routes.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { TokenEndpointGuard } from './client.guard.js';
import { OAuthError } from './oauth-error.js';
import { OAuthErrors } from './oauth-errors.decorator.js';
import { accessTokenRequest, AccessTokenResponseDto } from './dto/access-token.dto.js';
import { GRANTS } from './grants/index.js';
import { TokenEndpoint } from './token-endpoint.js';

/** `POST /oauth2/token` (RFC 6749 §3.2). */
@Controller('oauth2/token')
export class TokenEndpointController {
  constructor(private readonly endpoint: TokenEndpoint) {}

  @FastRoute<TokenEndpointController>((controller, request, reply) => {
    reply.header('pragma', 'no-cache');
    return controller.grantToken(request.body, request);
  })
  @Post()
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @RouteConfig({ form: true })
  @UseHeaderGuard(TokenEndpointGuard)
  @OAuthErrors(new OAuthError('invalid_scope', 'The client may not ask for this scope'))
  @ApiOperation({ summary: 'Grant an access token to a registered client (RFC 6749, RFC 9068)' })
  @ApiBody({ type: accessTokenRequest(GRANTS) })
  @ApiResponse({ status: 200, description: 'The token', type: AccessTokenResponseDto })
  grantToken(@Body() body: unknown, @Req() request: OAuthRequest): Promise<AccessTokenResponseDto> {
    return this.endpoint.respond(body, callerOf(request));
  }
}
