import { ApiProperty, ApiPropertyOptional, type ApiResponseSchemaHost, ApiSchema } from '@nestjs/swagger';
import { EXAMPLE_ACCESS_TOKEN } from '../../token/example-tokens.js';

/** The request of `POST /oauth2/introspect` and `POST /oauth2/revoke`, for the OpenAPI document. */
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

/**
 * The response of `POST /oauth2/introspect` (RFC 7662 §2.2), with every claim of an active token as signed.
 */
export interface Introspection {
  readonly active: boolean;
  readonly token_type?: 'Bearer';
  readonly [claim: string]: unknown;
}

/** {@link Introspection} for the OpenAPI document: a decorated class could not allow other claims. */
export const INTROSPECTION_SCHEMA: ApiResponseSchemaHost['schema'] = {
  type: 'object',
  properties: {
    active: { type: 'boolean', example: false },
    token_type: { type: 'string', enum: ['Bearer'] },
  },
  required: ['active'],
  additionalProperties: true,
};
