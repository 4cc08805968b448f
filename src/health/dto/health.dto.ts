import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The response of the health routes; the fields of `@nestjs/terminus`. */
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
