import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The body of every error of a JSON route. */
@ApiSchema({ name: 'ErrorResponse' })
export class ErrorDto {
  @ApiProperty({ description: 'A message for people' })
  error!: string;

  @ApiProperty({ description: 'A code for programs' })
  code!: string;
}
