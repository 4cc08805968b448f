import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { parseDateTime } from '../../encoding/date-time.js';
import { Satisfies } from '../../validation/rules.js';

const TEN_YEARS_SECONDS = 315_360_000;

/** When a new secret expires; without either field, it never does. */
@ApiSchema({ name: 'SecretRequest' })
export class SecretRequestDto {
  @ApiPropertyOptional({ format: 'date-time', example: '2030-01-01T00:00:00Z' })
  @Satisfies(
    (value) => typeof value === 'string' && parseDateTime(value) !== undefined,
    'must be a date and time with its zone, such as 2030-01-01T00:00:00Z (RFC 3339)',
  )
  @IsOptional()
  expires_at?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'Seconds; in place of `expires_at`' })
  @Max(TEN_YEARS_SECONDS, { message: `expires_in must be at most ${TEN_YEARS_SECONDS} seconds` })
  @Min(1, { message: 'expires_in must be at least 1 second' })
  @IsInt({ message: 'expires_in must be a whole number of seconds' })
  @IsOptional()
  expires_in?: number;
}
