import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { dateTime } from '../../encoding/date-time.js';
import { ISSUER_USES, type TrustedIssuer } from '../../issuers/trusted-issuer.js';
import { keySourceFields } from '../key-source-description.js';

/** A trusted issuer in the responses of the administration API. */
@ApiSchema({ name: 'Issuer' })
export class IssuerDto {
  @ApiProperty({ example: 'kubernetes' })
  id!: string;

  @ApiProperty({ example: 'https://kubernetes.default.svc.cluster.local' })
  issuer!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { discovery: true } })
  keys!: object;

  @ApiProperty({ type: [String], example: ['RS256', 'ES256'] })
  algorithms!: readonly string[];

  @ApiProperty({ type: [String], example: ['identity-backend'] })
  audiences!: readonly string[];

  @ApiProperty({ type: [String], enum: ISSUER_USES, example: ['client_authentication'] })
  uses!: readonly string[];

  @ApiProperty({ type: [String], example: ['', 'JWT'] })
  typ!: readonly string[];

  @ApiProperty({ type: 'integer', example: 3600 })
  max_lifetime_seconds!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { client_authentication: 'reusable', jwt_bearer: 'once', token_exchange: 'reusable' },
  })
  replay!: object;

  @ApiProperty({ enum: ['prefixed', 'as_is'] })
  subject!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: { '/email': 'email' } })
  claims!: object;

  @ApiProperty({ type: String, nullable: true, example: null })
  scopes_claim!: string | null;

  @ApiProperty({ example: false })
  id_jag!: boolean;

  @ApiProperty({ example: false })
  disabled!: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

/** A page of trusted issuers. */
@ApiSchema({ name: 'IssuerPage' })
export class IssuerPageDto {
  @ApiProperty({ type: [IssuerDto] })
  issuers!: readonly IssuerDto[];

  @ApiProperty({ type: String, nullable: true, description: 'For `after`; null on the last page' })
  next!: string | null;
}

/** Converts an entry to the format of the administration API, whose fields can be sent back unchanged. */
export function toIssuerDto(entry: TrustedIssuer): IssuerDto {
  return {
    id: entry.id,
    issuer: entry.issuer,
    keys: keySourceFields(entry.keys),
    algorithms: entry.algorithms,
    audiences: entry.audiences,
    uses: entry.uses,
    typ: entry.types,
    max_lifetime_seconds: entry.maxLifetimeSeconds,
    replay: entry.replay,
    subject: entry.subject,
    claims: entry.claims,
    scopes_claim: entry.scopesClaim,
    id_jag: entry.idJag,
    disabled: entry.disabled,
    created_at: dateTime(entry.createdAt),
    updated_at: dateTime(entry.updatedAt),
  };
}
