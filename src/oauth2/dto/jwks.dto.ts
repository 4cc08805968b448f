import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** What `GET /.well-known/jwks.json` answers. */
@ApiSchema({ name: 'JwkSet' })
export class JwksDto {
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  keys!: object[];
}
