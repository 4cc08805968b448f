import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** What every error of a JSON route looks like. */
@ApiSchema({ name: 'ErrorResponse' })
export class ErrorDto {
  @ApiProperty({ description: 'For people' })
  error!: string;

  @ApiProperty({ description: 'For programs' })
  code!: string;
}
