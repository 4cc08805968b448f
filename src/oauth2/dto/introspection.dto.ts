import { ApiProperty, ApiPropertyOptional, type ApiResponseSchemaHost, ApiSchema } from '@nestjs/swagger';
import { EXAMPLE_ACCESS_TOKEN } from '../../token/example-tokens.js';

/** What `POST /oauth2/introspect` and `POST /oauth2/revoke` are asked; for the documentation. */
@ApiSchema({ name: 'TokenReference' })
export class TokenReferenceDto {
  @ApiProperty({
    description: 'The token, as it was received',
    example: EXAMPLE_ACCESS_TOKEN,
  })
  token!: string;

  @ApiPropertyOptional({ enum: ['access_token'], description: 'Not needed: there is one kind of token' })
  token_type_hint?: string;
}

/** What `POST /oauth2/introspect` answers (RFC 7662 §2.2): every claim of the token, as signed. */
export interface Introspection {
  readonly active: boolean;
  readonly token_type?: 'Bearer';
  readonly [claim: string]: unknown;
}

/** The same for the documentation; a decorated class could not say that there may be other claims. */
export const INTROSPECTION_SCHEMA: ApiResponseSchemaHost['schema'] = {
  type: 'object',
  properties: {
    active: { type: 'boolean', example: false },
    token_type: { type: 'string', enum: ['Bearer'] },
  },
  required: ['active'],
  additionalProperties: true,
};
