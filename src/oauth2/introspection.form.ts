import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/** What `POST /oauth2/introspect` and `POST /oauth2/revoke` are asked; for the documentation. */
@ApiSchema({ name: 'TokenReference' })
export class TokenReferenceForm {
  @ApiProperty({
    description: 'The token, as it was received',
    example: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
  })
  token!: string;

  @ApiPropertyOptional({ enum: ['access_token'], description: 'Not needed: there is one kind of token' })
  token_type_hint?: string;
}

/** What `POST /oauth2/introspect` answers (RFC 7662 §2.2): every claim of the token, as signed. */
@ApiSchema({ name: 'IntrospectionResponse' })
export class IntrospectionDocument {
  @ApiProperty({ example: false })
  active!: boolean;

  @ApiPropertyOptional({ enum: ['Bearer'] })
  token_type?: 'Bearer';

  readonly [claim: string]: unknown;
}
