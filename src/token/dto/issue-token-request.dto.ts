import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsInt, IsOptional, Min, ValidateBy } from 'class-validator';
import { RESERVED_CLAIMS } from '../../jwt/claims.js';
import { isScope } from '../../jwt/scope.js';
import { isInterchangeable, isJsonObject } from '../../encoding/strict-json.js';
import { isListOf, isName } from '../../encoding/well-formed-text.js';
import { IsPresent } from '../../validation/rules.js';

const MISSING = 'Missing required claims (sub, aud)';
const MAX_AUDIENCES = 20;
const MAX_CLAIMS_BYTES = 4 * 1024;

function isAudience(value: unknown): boolean {
  return isName(value) || isListOf(value, isName, MAX_AUDIENCES);
}

/** An empty scope counts as absent. */
function isScopeOrEmpty(value: unknown): boolean {
  return value === '' || isScope(value);
}

function isCustomClaims(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    !RESERVED_CLAIMS.some((name) => Object.hasOwn(value, name)) &&
    isInterchangeable(value) &&
    Buffer.byteLength(JSON.stringify(value)) <= MAX_CLAIMS_BYTES
  );
}

/** The body of `POST /token`. */
@ApiSchema({ name: 'TokenRequest' })
export class IssueTokenRequestDto {
  @ApiProperty({ example: 'user-42', minLength: 1, maxLength: 255, description: 'Who the token is about' })
  @ValidateBy(
    { name: 'isSubject', validator: { validate: isName } },
    { message: 'sub must be a string of 1 to 255 characters, without control or invisible characters' },
  )
  @IsPresent({ message: MISSING })
  sub!: string;

  @ApiProperty({
    example: 'logging-service',
    description: 'Who may accept the token',
    oneOf: [
      { type: 'string', minLength: 1, maxLength: 255 },
      {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: 255 },
        minItems: 1,
        maxItems: MAX_AUDIENCES,
        uniqueItems: true,
      },
    ],
  })
  @ValidateBy(
    { name: 'isAudience', validator: { validate: isAudience } },
    {
      message:
        'aud must be a string of 1 to 255 characters, without control or invisible characters, or an array of 1 to 20 distinct ones',
    },
  )
  @IsPresent({ message: MISSING })
  aud!: string | string[];

  @ApiPropertyOptional({
    example: 'logs:write',
    description: 'Scope tokens separated by one space; 1024 bytes',
  })
  @ValidateBy(
    { name: 'isScope', validator: { validate: isScopeOrEmpty } },
    {
      message: 'scope must be scope tokens separated by one space, at most 1024 bytes (RFC 6749 section 3.3)',
    },
  )
  @IsOptional()
  scope?: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 60,
    minimum: 1,
    description: 'Seconds, up to the configured lifetime',
  })
  @Min(1, { message: 'expires_in must be at least 1 second' })
  @IsInt({ message: 'expires_in must be a whole number of seconds' })
  @IsOptional()
  expires_in?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { tenant: 'acme' },
    description: `Custom claims, at most 4 KiB as JSON; not ${RESERVED_CLAIMS.join(', ')}`,
  })
  @ValidateBy(
    { name: 'isCustomClaims', validator: { validate: isCustomClaims } },
    {
      message: `claims must be an object of at most 4 KiB, with finite numbers and well-formed strings, and without ${RESERVED_CLAIMS.join(', ')}`,
    },
  )
  @IsOptional()
  claims?: Record<string, unknown>;
}
