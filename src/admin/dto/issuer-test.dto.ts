import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsString } from 'class-validator';
import { CHECKS, type CheckName } from '../../issuers/outside-token.js';
import type { TokenInspection } from '../../issuers/token-inspection.js';
import { ISSUER_USES, type IssuerUse } from '../../issuers/trusted-issuer.js';
import { IsPresent } from '../../validation/rules.js';

/** The body of `POST /admin/issuers/test`. */
@ApiSchema({ name: 'IssuerTestRequest' })
export class IssuerTestRequestDto {
  @ApiProperty({ description: 'A token of an outside issuer, as a client would present it' })
  @IsString({ message: 'token must be a string' })
  @IsPresent({ message: 'token is missing' })
  token!: string;

  @ApiProperty({ enum: ISSUER_USES, example: 'client_authentication' })
  @IsIn(ISSUER_USES, { message: `use must be one of ${ISSUER_USES.join(', ')}` })
  @IsPresent({ message: 'use is missing' })
  use!: IssuerUse;
}

/** The empty schema, which allows every value, `null` too: without a type, the document would say `object`. */
const ANY_VALUE = { anyOf: [{}] };

/** The result of one check. */
@ApiSchema({ name: 'IssuerTestCheck' })
export class IssuerTestCheckDto {
  @ApiProperty({ enum: CHECKS, example: 'audience' })
  name!: CheckName;

  @ApiProperty({ type: Boolean, nullable: true, example: false, description: 'null if it was not reached' })
  ok!: boolean | null;

  @ApiPropertyOptional({
    ...ANY_VALUE,
    example: ['identity-backend'],
    description: 'What the entry or the clients require',
  })
  expected?: unknown;

  @ApiPropertyOptional({
    ...ANY_VALUE,
    example: 'another-service',
    description:
      'What the token has; values only of `iss`, `sub`, `aud`, `exp`, `iat` and of claims in rules',
  })
  got?: unknown;
}

/** Why a token is accepted or not. */
@ApiSchema({ name: 'IssuerTest' })
export class IssuerTestDto {
  @ApiProperty({ example: false })
  accepted!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'local-idp', description: 'The entry; null if none' })
  issuer!: string | null;

  @ApiProperty({ type: [IssuerTestCheckDto] })
  checks!: readonly IssuerTestCheckDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The client that it identifies' })
  client_id!: string | null;
}

/** Converts the inspection of a token to the format of the administration API. */
export function toIssuerTestDto({ accepted, issuer, checks, clientId }: TokenInspection): IssuerTestDto {
  return { accepted, issuer, checks, client_id: clientId };
}
