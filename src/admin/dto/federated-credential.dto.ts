import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { isSubjectPattern } from '../../clients/client-policy.js';
import { isJsonObject } from '../../encoding/strict-json.js';
import { isListOf } from '../../encoding/well-formed-text.js';

/** A federated credential of a client, for the OpenAPI document. */
@ApiSchema({ name: 'FederatedCredential' })
export class FederatedCredentialDto {
  @ApiProperty({ example: 'kubernetes', description: 'The ID of a trusted issuer' })
  issuer!: string;

  @ApiProperty({
    example: 'system:serviceaccount:billing:worker',
    description:
      'Compared with the `sub` of the token: exact, or a prefix that ends in `*` directly after `:` or `/`, after at least two segments and with at least one condition',
  })
  subject!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { '/repository_id': '456', '/environment': ['production', 'staging'] },
    description: 'JSON pointers to claims, and the value or the values that each must equal; at most 10',
  })
  claims?: Readonly<Record<string, unknown>>;
}

/** How a client may use assertions about users, for the OpenAPI document. */
@ApiSchema({ name: 'JwtBearerPolicy' })
export class JwtBearerPolicyDto {
  @ApiProperty({ type: [String], example: ['corporate'], description: 'The IDs of trusted issuers' })
  issuers!: readonly string[];

  @ApiPropertyOptional({
    type: [String],
    example: [],
    description: 'The subjects for which the client is not named as the actor: exact, or a prefix with `*`',
  })
  impersonate?: readonly string[];

  @ApiPropertyOptional({ example: true, description: 'Whether a token expires with its assertion' })
  limit_to_assertion?: boolean;
}

/** The most entries of each list of {@link JwtBearerPolicyDto}. */
const MAX_LIST = 1_000;

/** Whether the value is a {@link JwtBearerPolicyDto} without other fields. */
export function isJwtBearerPolicy(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { issuers, impersonate = [], limit_to_assertion = true, ...others } = value;
  return (
    Object.keys(others).length === 0 &&
    isListOf(issuers, (id) => typeof id === 'string' && id !== '', MAX_LIST) &&
    isListOf(impersonate, isSubjectPattern, MAX_LIST) &&
    typeof limit_to_assertion === 'boolean'
  );
}
