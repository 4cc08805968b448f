import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isWellFormedText } from '../../encoding/well-formed-text.js';
import { EXAMPLE_TOKEN } from '../example-tokens.js';

const MISSING = 'Missing required fields (token, aud)';

/** The body of `POST /verify`. */
@ApiSchema({ name: 'VerifyRequest' })
export class VerifyTokenRequestDto {
  @ApiProperty({
    example: EXAMPLE_TOKEN,
    description: 'The token, as received',
  })
  @ValidateBy(
    { name: 'isToken', validator: { validate: (value) => typeof value === 'string' && value !== '' } },
    { message: MISSING },
  )
  token!: string;

  @ApiProperty({
    example: 'logging-service',
    description: 'The audience to verify for: one value of the aud of the token',
  })
  @ValidateBy({ name: 'isAudience', validator: { validate: isWellFormedText } }, { message: MISSING })
  aud!: string;
}
