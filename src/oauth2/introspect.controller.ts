import { Body, Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { audiencesOf } from '../jwt/claims.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { ClientAuthentication } from './client-authentication.js';
import { type Introspection, INTROSPECTION_SCHEMA, TokenReferenceForm } from './introspection.form.js';
import { OAuthErrors } from './oauth-errors.decorator.js';
import { OAuthForm } from './oauth-form.js';
import { hasAnyScope, INTROSPECTION_SCOPES, isOwner, PresentedTokens } from './presented-token.js';

/** `POST /oauth2/introspect` (RFC 7662). */
@Controller('oauth2/introspect')
export class IntrospectController {
  constructor(
    @Inject(ClientAuthentication) private readonly authentication: ClientAuthentication,
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Pragma', 'no-cache')
  @RouteConfig({ form: true })
  @OAuthErrors()
  @ApiOperation({ summary: 'Say whether a token is good now (RFC 7662)' })
  @ApiBody({ type: TokenReferenceForm })
  @ApiResponse({
    status: 200,
    description: 'What the token says, or `active: false` alone',
    schema: INTROSPECTION_SCHEMA,
  })
  async introspect(@Body() body: unknown, @Req() request: OAuthRequest): Promise<Introspection> {
    const form = new OAuthForm(body);
    const client = await this.authentication.authenticate(form, callerOf(request));
    const claims = this.tokens.claimsOf(form);
    const mayKnow =
      claims &&
      (isOwner(client, claims) ||
        audiencesOf(claims.aud).includes(client.id) ||
        hasAnyScope(client, INTROSPECTION_SCOPES));
    if (!mayKnow) return { active: false };
    // These three are introspection's own words, not claims: in a token that somebody else made they say nothing here.
    const { username: _claimed, ...said } = claims;
    return { ...said, token_type: 'Bearer', active: true };
  }
}
