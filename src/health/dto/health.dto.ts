import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** What the health routes answer; the members of `@nestjs/terminus`. */
@ApiSchema({ name: 'HealthResponse' })
export class HealthDto {
  @ApiProperty({ enum: ['ok', 'degraded'], example: 'ok' })
  status!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { signing_key: { status: 'up' } } })
  info!: object;

  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  error!: object;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { signing_key: { status: 'up' } } })
  details!: object;
}
