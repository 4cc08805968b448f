import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { EXAMPLE_ACCESS_TOKEN } from '../../token/example-tokens.js';

/** What `POST /oauth2/token` is asked; for the documentation. */
@ApiSchema({ name: 'AccessTokenRequest' })
export class AccessTokenRequestDto {
  @ApiProperty({ enum: ['client_credentials'] })
  grant_type!: string;

  @ApiPropertyOptional({ example: 'logs:write', description: 'Scope tokens separated by one space' })
  scope?: string;

  @ApiPropertyOptional({
    example: 'logging-service',
    description:
      'Whom the token is for, several separated by a space; the default of the client where left out',
  })
  audience?: string;
}

/** What `POST /oauth2/token` answers (RFC 6749 §5.1). */
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

/** What the OAuth routes answer where a request is refused (RFC 6749 §5.2). */
@ApiSchema({ name: 'OAuthErrorResponse' })
export class OAuthErrorDto {
  @ApiProperty({ description: 'For programs' })
  error!: string;

  @ApiProperty({ description: 'For people' })
  error_description!: string;
}
