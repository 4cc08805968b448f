import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema, IntersectionType, PartialType } from '@nestjs/swagger';
import { EXAMPLE_ACCESS_TOKEN } from '../../token/example-tokens.js';
import type { GrantClass } from '../grants/grant.js';

/** The parameters that all grants share. */
class CommonParametersDto {
  @ApiPropertyOptional({ example: 'logs:write', description: 'Scope tokens separated by one space' })
  scope?: string;

  @ApiPropertyOptional({
    example: 'logging-service',
    description:
      'The audiences of the token, separated by a space; if it is omitted, the default of the client',
  })
  audience?: string;
}

/**
 * Documents the request of `POST /oauth2/token`: the names of the grants, the parameters that they share, and
 * the parameters of each grant. The latter are optional, because a request uses one grant.
 */
export function accessTokenRequest(grants: Readonly<Record<string, GrantClass>>): Type<object> {
  class GrantTypeDto {
    @ApiProperty({ enum: Object.keys(grants) })
    grant_type!: string;
  }
  const ofEachGrant = Object.values(grants).flatMap(({ parameters }) =>
    parameters ? [PartialType(parameters)] : [],
  );
  @ApiSchema({ name: 'AccessTokenRequest' })
  class AccessTokenRequestDto extends IntersectionType(GrantTypeDto, CommonParametersDto, ...ofEachGrant) {}
  return AccessTokenRequestDto;
}

/** The response of `POST /oauth2/token` (RFC 6749 §5.1). */
@ApiSchema({ name: 'AccessTokenResponse' })
export class AccessTokenResponseDto {
  @ApiProperty({ example: EXAMPLE_ACCESS_TOKEN })
  access_token!: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'Seconds until the token expires', example: 900 })
  expires_in!: number;

  @ApiPropertyOptional({ example: 'logs:write' })
  scope?: string;
}

/** The error response of the OAuth routes (RFC 6749 §5.2). */
@ApiSchema({ name: 'OAuthErrorResponse' })
export class OAuthErrorDto {
  @ApiProperty({ description: 'For programs' })
  error!: string;

  @ApiProperty({ description: 'For people' })
  error_description!: string;
}
