import { Body, Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { Client } from '../clients/client.js';
import { audiencesOf, type Claims } from '../jwt/claims.js';
import { callerOf, type OAuthRequest } from './caller.js';
import { ClientAuthentication } from './client-authentication.js';
import { type Introspection, INTROSPECTION_SCHEMA, TokenReferenceForm } from './introspection.form.js';
import { OAuthErrors } from './oauth-errors.decorator.js';
import { OAuthForm } from './oauth-form.js';
import { hasAnyScope, INTROSPECTION_SCOPES, isOwner, PresentedTokens } from './presented-token.js';
import { DirectRoute } from '../http/direct-route.decorator.js';

/** `POST /oauth2/introspect` (RFC 7662). */
@Controller('oauth2/introspect')
export class IntrospectController {
  constructor(
    @Inject(ClientAuthentication) private readonly authentication: ClientAuthentication,
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
  ) {}

  @DirectRoute()
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
    const token = this.tokens.find(form);
    if (!token?.isLive || !mayKnow(client, token.claims)) return { active: false };
    // These three are introspection's own words, not claims: in a token that somebody else made they say nothing here.
    const { username: _claimed, ...said } = token.claims;
    return { ...said, token_type: 'Bearer', active: true };
  }
}

function mayKnow(client: Client, claims: Claims): boolean {
  return (
    isOwner(client, claims) ||
    audiencesOf(claims.aud).includes(client.id) ||
    hasAnyScope(client, INTROSPECTION_SCOPES)
  );
}
