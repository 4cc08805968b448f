import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** What every error of a JSON route looks like. */
@ApiSchema({ name: 'ErrorResponse' })
export class ErrorDocument {
  @ApiProperty({ description: 'For people', example: 'Missing required claims (sub, aud)' })
  error!: string;

  @ApiProperty({ description: 'For programs', example: 'invalid_request' })
  code!: string;
}
