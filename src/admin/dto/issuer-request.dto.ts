import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { parsePointer } from '../../encoding/json-pointer.js';
import { isJsonObject } from '../../encoding/strict-json.js';
import { isListOf, isName } from '../../encoding/well-formed-text.js';
import { ISSUER_USES } from '../../issuers/trusted-issuer.js';
import { PUBLIC_KEY_ALGORITHMS } from '../../jwt/algorithms.js';
import { isCustomClaimName, RESERVED_CLAIMS } from '../../jwt/claims.js';
import { mediaType } from '../../jwt/compact-jws.js';
import { MAX_LIFETIME_SECONDS } from '../../jwt/lifetime.js';
import { IsPresent, Satisfies } from '../../validation/rules.js';

/** The ID of an entry; it can precede a `:` in a subject. */
const ISSUER_ID = /^[a-z][a-z0-9-]{0,63}$/;

/** The maximum length of each list of an entry. */
const MAX_LIST = 100;

/** Types of tokens that are neither grants nor subject tokens, whatever an entry says. */
const EXCLUDED_TYPES = [
  'dpop+jwt',
  'client-authentication+jwt',
  'oauth-id-jag+jwt',
  'secevent+jwt',
  'logout+jwt',
  'txntoken+jwt',
  'revocations+jwt',
];

const isOneOf =
  (names: readonly string[]) =>
  (value: unknown): boolean =>
    names.some((name) => name === value);
const isType = (value: unknown): boolean =>
  value === '' || (isName(value) && /^[!-~]+$/.test(value) && !EXCLUDED_TYPES.includes(mediaType(value)));
const isPointer = (value: unknown): boolean => parsePointer(value) !== undefined;
const isReplay = (value: unknown): boolean =>
  isJsonObject(value) &&
  Object.entries(value).every(
    ([use, each]) => isOneOf(ISSUER_USES)(use) && (each === 'once' || each === 'reusable'),
  );
const isClaimMap = (value: unknown): boolean =>
  isJsonObject(value) &&
  Object.keys(value).every(isPointer) &&
  isListOf(Object.values(value), isCustomClaimName, MAX_LIST);

/** A trusted issuer as an administrator describes it; a field that is omitted or null has its default. */
@ApiSchema({ name: 'IssuerRequest' })
export class IssuerRequestDto {
  @ApiProperty({ example: 'kubernetes', pattern: ISSUER_ID.source, description: 'Cannot be changed' })
  @Satisfies(
    (value) => typeof value === 'string' && ISSUER_ID.test(value),
    'must be 1 to 64 characters of a-z0-9-, and begin with a letter',
  )
  @IsPresent({ message: 'id is missing' })
  id!: string;

  @ApiProperty({
    example: 'https://kubernetes.default.svc.cluster.local',
    description: 'The exact `iss` of its tokens; cannot be changed',
  })
  @Satisfies(isName, 'must be a string of 1 to 255 characters, without control or invisible characters')
  @IsPresent({ message: 'issuer is missing' })
  issuer!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { discovery: true },
    description:
      'The source of its keys, exactly one of: `{ "discovery": true }`; `{ "jwks_uri" }`; `{ "jwks" }`; `{ "spiffe_bundle_uri", "trust_domain" }`; `{ "spiffe_bundle", "trust_domain" }`',
  })
  @Satisfies(isJsonObject, 'must be an object')
  @IsPresent({ message: 'keys is missing' })
  keys!: Readonly<Record<string, unknown>>;

  @ApiPropertyOptional({
    type: [String],
    enum: PUBLIC_KEY_ALGORITHMS,
    example: ['RS256', 'ES256'],
    description: 'The accepted algorithms; RS256 and ES256 if omitted',
  })
  @Satisfies(
    (value) => isListOf(value, isOneOf(PUBLIC_KEY_ALGORITHMS), MAX_LIST) && (value as unknown[]).length > 0,
    `must be a non-empty array of distinct names of ${PUBLIC_KEY_ALGORITHMS.join(', ')}`,
  )
  @IsOptional()
  algorithms?: string[];

  @ApiPropertyOptional({
    type: [String],
    example: ['identity-backend'],
    description: 'The accepted values of `aud`; the issuer of this service if omitted',
  })
  @Satisfies(
    (value) => isListOf(value, isName, MAX_LIST),
    'must be an array of distinct names of 1 to 255 characters, without control or invisible characters',
  )
  @IsOptional()
  audiences?: string[];

  @ApiPropertyOptional({
    type: [String],
    enum: ISSUER_USES,
    example: ['client_authentication'],
    description: 'What its tokens may be used for; nothing if omitted',
  })
  @Satisfies(
    (value) => isListOf(value, isOneOf(ISSUER_USES), ISSUER_USES.length),
    `must be an array of distinct names of ${ISSUER_USES.join(', ')}`,
  )
  @IsOptional()
  uses?: (typeof ISSUER_USES)[number][];

  @ApiPropertyOptional({
    type: [String],
    example: ['', 'JWT'],
    description: 'The accepted `typ` of grants and exchanged tokens, in any case; the empty text if absent',
  })
  @Satisfies(
    (value) => isListOf(value, isType, MAX_LIST),
    `must be an array of distinct types, without ${EXCLUDED_TYPES.join(', ')}`,
  )
  @IsOptional()
  typ?: string[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIFETIME_SECONDS,
    example: 3600,
    description: 'The longest time from `iat` to `exp`; seconds',
  })
  @Max(MAX_LIFETIME_SECONDS, { message: `max_lifetime_seconds must be at most ${MAX_LIFETIME_SECONDS}` })
  @Min(1, { message: 'max_lifetime_seconds must be at least 1 second' })
  @IsInt({ message: 'max_lifetime_seconds must be a whole number of seconds' })
  @IsOptional()
  max_lifetime_seconds?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', enum: ['once', 'reusable'] },
    example: { jwt_bearer: 'once' },
    description: 'For each use, whether a token may be used once, which needs a `jti`, or until it expires',
  })
  @Satisfies(isReplay, `must be an object of once or reusable, by ${ISSUER_USES.join(', ')}`)
  @IsOptional()
  replay?: Readonly<Record<string, 'once' | 'reusable'>>;

  @ApiPropertyOptional({
    enum: ['prefixed', 'as_is'],
    example: 'prefixed',
    description: 'The subject of our tokens: `<id>:<sub>`, or the `sub` itself, for one entry at most',
  })
  @Satisfies(isOneOf(['prefixed', 'as_is']), 'must be prefixed or as_is')
  @IsOptional()
  subject?: 'prefixed' | 'as_is';

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { '/email': 'email' },
    description: 'The claims that our tokens take over: JSON pointers, and the names of our claims',
  })
  @Satisfies(
    isClaimMap,
    `must be an object of JSON pointers, such as /email, and distinct names, without ${RESERVED_CLAIMS.join(', ')}`,
  )
  @IsOptional()
  claims?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({
    example: '/scope',
    description: 'A JSON pointer to the scope of the subject, a string or an array; none if omitted',
  })
  @Satisfies(isPointer, 'must be a JSON pointer such as /scope')
  @IsOptional()
  scopes_claim?: string;

  @ApiPropertyOptional({
    description: 'Whether its assertions are Identity Assertion JWT Authorization Grants',
  })
  @IsBoolean({ message: 'id_jag must be true or false' })
  @IsOptional()
  id_jag?: boolean;

  @ApiPropertyOptional({ description: 'Whether its tokens are refused for now' })
  @IsBoolean({ message: 'disabled must be true or false' })
  @IsOptional()
  disabled?: boolean;
}
