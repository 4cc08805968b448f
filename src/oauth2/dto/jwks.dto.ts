import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The response of `GET /.well-known/jwks.json`. */
@ApiSchema({ name: 'JwkSet' })
export class JwksDto {
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  keys!: object[];
}
