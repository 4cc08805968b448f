import { Controller, Get, Header, Inject } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OAUTH2_SETTINGS, type OAuth2Settings } from '../config/namespaces.js';
import { algorithmsInForce } from '../keys/key-ring.js';
import { ApiError } from '../server/api-error.js';
import { ApiErrorResponse } from '../server/api-errors.decorator.js';
import { GRANTS } from './grants/index.js';
import { serverMetadata } from './metadata.js';

/** How long clients may cache the metadata. It changes only when the service restarts. */
const MAX_AGE_SECONDS = 300;

const NoDiscovery = (): MethodDecorator =>
  ApiErrorResponse(
    'JWT_ISSUER is not a URL of this service',
    new ApiError(404, 'not_found', 'There is no discovery: JWT_ISSUER is not an http or https URL'),
  );

/** The metadata by which stock clients find the other routes. */
@ApiTags('OAuth 2.0')
@Controller('.well-known')
export class MetadataController {
  /** The document, or why there is none. */
  private readonly metadata: object | string;

  constructor(@Inject(OAUTH2_SETTINGS) settings: OAuth2Settings) {
    this.metadata = serverMetadata({
      ...settings,
      grantTypes: Object.keys(GRANTS),
      algorithms: [...algorithmsInForce(settings)],
      documentation: settings.swagger,
    });
  }

  @Get('openid-configuration')
  @Header('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`)
  @RouteConfig({ publicDocument: true })
  @ApiOperation({ summary: 'The metadata for OpenID Connect clients (Discovery 1.0 section 4)' })
  @ApiResponse({ status: 200, description: 'The metadata', schema: { type: 'object' } })
  @NoDiscovery()
  openidConfiguration(): object {
    return this.found();
  }

  @Get('oauth-authorization-server')
  @Header('Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`)
  @RouteConfig({ publicDocument: true })
  @ApiOperation({ summary: 'The metadata for OAuth 2.0 clients (RFC 8414)' })
  @ApiResponse({ status: 200, description: 'The metadata', schema: { type: 'object' } })
  @NoDiscovery()
  authorizationServer(): object {
    return this.found();
  }

  private found(): object {
    if (typeof this.metadata === 'string') throw new ApiError(404, 'not_found', this.metadata);
    return this.metadata;
  }
}
