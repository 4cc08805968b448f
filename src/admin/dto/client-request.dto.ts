import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { isCustomClaimName, RESERVED_CLAIMS } from '../../jwt/claims.js';
import { isScopeToken } from '../../jwt/scope.js';
import { isListOf, isName } from '../../encoding/well-formed-text.js';
import { Satisfies } from '../../validation/rules.js';
import {
  CLIENT_AUTHENTICATION_METHODS,
  DEFAULT_GRANT_TYPES,
  GRANT_TYPES,
  MAX_CLIENT_ID_LENGTH,
} from '../../clients/client.js';
import { isSubjectPattern } from '../../clients/client-policy.js';
import { federatedCredentialsFault } from '../../clients/read-federated-credentials.js';
import { FederatedCredentialDto, isJwtBearerPolicy, JwtBearerPolicyDto } from './federated-credential.dto.js';
import { clientKeySetFault, isClientKeySet } from '../../clients/client-keys.js';

/** The maximum length of each list of a client. */
const MAX_LIST = 1_000;

/**
 * What a new ID may be: it cannot be mistaken for an option of a command, nor for a dot segment of a path
 * (RFC 3986 §5.2.4).
 */
const CLIENT_ID = new RegExp(`^(?!-|\\.{1,2}$)[A-Za-z0-9._~-]{1,${MAX_CLIENT_ID_LENGTH}}$`);

const isGrantType = (value: unknown): boolean => GRANT_TYPES.some((name) => name === value);

const isMethod = (value: unknown): boolean => CLIENT_AUTHENTICATION_METHODS.some((name) => name === value);

/** A client as an administrator describes it; a field that is omitted or null has its default. */
@ApiSchema({ name: 'ClientRequest' })
export class ClientRequestDto {
  @ApiPropertyOptional({
    example: 'careergpt',
    pattern: CLIENT_ID.source,
    description: 'The client ID; cannot be changed; the service makes one if it is omitted',
  })
  @Satisfies(
    (value) => typeof value === 'string' && CLIENT_ID.test(value),
    'must be 1 to 128 characters of A-Za-z0-9._~-, not begin with -, and be neither . nor ..',
  )
  @IsOptional()
  client_id?: string;

  @ApiPropertyOptional({ example: 'CareerGPT', description: 'A name for people; the client ID if omitted' })
  @Satisfies(isName, 'must be a string of 1 to 255 characters, without control or invisible characters')
  @IsOptional()
  name?: string;

  @ApiPropertyOptional({
    type: [String],
    example: ['logging-service'],
    description: 'The audiences that it may request tokens for',
  })
  @Satisfies(
    (value) => isListOf(value, isName, MAX_LIST),
    'must be an array of distinct names of 1 to 255 characters, without control or invisible characters',
  )
  @IsOptional()
  audiences?: string[];

  @ApiPropertyOptional({
    example: 'logging-service',
    description: 'One of its audiences, for requests to `/oauth2/token` that name none',
  })
  @Satisfies(isName, 'must be a string of 1 to 255 characters, without control or invisible characters')
  @IsOptional()
  default_audience?: string;

  @ApiPropertyOptional({
    type: [String],
    example: ['logs:read', 'logs:write'],
    description: 'The scope tokens that it may request',
  })
  @Satisfies(
    (value) => isListOf(value, isScopeToken, MAX_LIST),
    'must be an array of distinct scope tokens (RFC 6749 section 3.3)',
  )
  @IsOptional()
  scopes?: string[];

  @ApiPropertyOptional({
    type: [String],
    example: ['tenant'],
    description: 'Names of the custom claims that it may set',
  })
  @Satisfies(
    (value) => isListOf(value, isCustomClaimName, MAX_LIST),
    `must be an array of distinct names, without ${RESERVED_CLAIMS.join(', ')}`,
  )
  @IsOptional()
  claims?: string[];

  @ApiPropertyOptional({
    type: [String],
    enum: GRANT_TYPES,
    description: `The grants that it may use; ${DEFAULT_GRANT_TYPES.join(', ')} if omitted`,
  })
  @Satisfies(
    (value) => isListOf(value, isGrantType, GRANT_TYPES.length),
    `must be an array of ${GRANT_TYPES.join(', ')}`,
  )
  @IsOptional()
  grant_types?: string[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    example: 300,
    description: 'Lifetime of its tokens, at most the configured one; seconds',
  })
  @Min(1, { message: 'token_lifetime_seconds must be at least 1 second' })
  @IsInt({ message: 'token_lifetime_seconds must be a whole number of seconds' })
  @IsOptional()
  token_lifetime_seconds?: number;

  @ApiPropertyOptional({
    type: [String],
    example: ['user-*'],
    description: 'Subjects other than itself: exact, or a prefix that ends in `*`',
  })
  @Satisfies(
    (value) => isListOf(value, isSubjectPattern, MAX_LIST),
    'must be an array of distinct subjects, or of prefixes that end in *, but not * alone',
  )
  @IsOptional()
  may_act_for?: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'Public keys for private_key_jwt, as a JWK Set (RFC 7517 section 5) of 1 to 10 keys: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519',
  })
  @Satisfies(isClientKeySet, clientKeySetFault)
  @IsOptional()
  jwks?: { keys: object[] };

  @ApiPropertyOptional({
    type: [FederatedCredentialDto],
    description: 'The tokens of trusted issuers that authenticate it in place of a secret; at most 20',
  })
  @Satisfies((value) => federatedCredentialsFault(value) === '', federatedCredentialsFault)
  @IsOptional()
  federated_credentials?: FederatedCredentialDto[];

  @ApiPropertyOptional({
    description:
      'Whether such a token gets it a token without client authentication, by the jwt-bearer grant',
  })
  @IsBoolean({ message: 'workload_grant must be true or false' })
  @IsOptional()
  workload_grant?: boolean;

  @ApiPropertyOptional({
    type: JwtBearerPolicyDto,
    description: 'How it may get tokens for users by assertions of trusted issuers; not at all if omitted',
  })
  @Satisfies(
    isJwtBearerPolicy,
    'must be an object with issuers, and with impersonate and limit_to_assertion if needed',
  )
  @IsOptional()
  jwt_bearer?: JwtBearerPolicyDto;

  @ApiPropertyOptional({
    type: [String],
    enum: CLIENT_AUTHENTICATION_METHODS,
    description: 'How it may authenticate; in every way if omitted. Without a secret method it has no secret',
  })
  @Satisfies(
    (value) => isListOf(value, isMethod, CLIENT_AUTHENTICATION_METHODS.length),
    `must be an array of distinct names of ${CLIENT_AUTHENTICATION_METHODS.join(', ')}`,
  )
  @IsOptional()
  token_endpoint_auth_methods?: (typeof CLIENT_AUTHENTICATION_METHODS)[number][];

  @ApiPropertyOptional({ description: 'Whether it may neither request tokens nor use those it has' })
  @IsBoolean({ message: 'disabled must be true or false' })
  @IsOptional()
  disabled?: boolean;
}
