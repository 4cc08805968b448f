import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ErrorDto } from '../../server/dto/error.dto.js';
import { REFUSAL_MESSAGES } from '../../jwt/verification-result.js';
import { EXAMPLE_TOKEN } from '../example-tokens.js';

/** The response of `POST /token`. */
@ApiSchema({ name: 'TokenResponse' })
export class TokenResponseDto {
  @ApiProperty({ description: 'The JWT', example: EXAMPLE_TOKEN })
  token!: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'Seconds until the token expires', example: 900 })
  expires_in!: number;
}

/** The response of `POST /token` if no token is issued. */
@ApiSchema({ name: 'TokenRefusalResponse' })
export class TokenRefusalDto extends ErrorDto {
  @ApiPropertyOptional({
    description: 'What the client may request; only for an authenticated client',
  })
  hint?: string;
}

/** The response of `POST /verify` for a valid token. */
@ApiSchema({ name: 'ValidResponse' })
export class ValidTokenDto {
  @ApiProperty({ enum: [true] })
  valid!: true;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Every claim of the token, as signed',
    example: {
      iss: 'identity-backend',
      sub: 'user-42',
      aud: 'logging-service',
      iat: 1767225600,
      exp: 1767226500,
    },
  })
  claims!: object;
}

/** The response of `POST /verify` for an invalid token. */
@ApiSchema({ name: 'InvalidResponse' })
export class InvalidTokenDto {
  @ApiProperty({ enum: [false] })
  valid!: false;

  @ApiProperty({ enum: Object.values(REFUSAL_MESSAGES), example: 'Token expired' })
  error!: string;

  @ApiProperty({ enum: Object.keys(REFUSAL_MESSAGES), example: 'token_expired' })
  code!: string;

  @ApiProperty({
    description: 'One sentence: what to do',
    example: 'The token expired 12 seconds ago; request a new one.',
  })
  hint!: string;
}

/** The response of `POST /verify` if the token or the audience is missing. */
@ApiSchema({ name: 'IncompleteResponse' })
export class IncompleteRequestDto {
  @ApiPropertyOptional({ enum: [false], example: false })
  valid?: false;

  @ApiProperty({ example: 'Missing required fields (token, aud)' })
  error!: string;

  @ApiProperty({ example: 'invalid_request' })
  code!: string;
}
