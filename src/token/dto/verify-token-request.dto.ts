import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isWellFormedText } from '../../encoding/well-formed-text.js';
import { EXAMPLE_TOKEN } from '../example-tokens.js';

const MISSING = 'Missing required fields (token, aud)';

/** What `POST /verify` is asked. */
@ApiSchema({ name: 'VerifyRequest' })
export class VerifyTokenRequestDto {
  @ApiProperty({
    example: EXAMPLE_TOKEN,
    description: 'The token, as it was received',
  })
  @ValidateBy(
    { name: 'isToken', validator: { validate: (value) => typeof value === 'string' && value !== '' } },
    { message: MISSING },
  )
  token!: string;

  @ApiProperty({ example: 'logging-service', description: 'Who asks: one member of the aud of the token' })
  @ValidateBy({ name: 'isAudience', validator: { validate: isWellFormedText } }, { message: MISSING })
  aud!: string;
}
