import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { dateTimeOrNull } from '../../encoding/date-time.js';
import { ALGORITHMS, isAlgorithm } from '../../jwt/algorithms.js';
import type { KeyDescription } from '../../keys/key-administration.js';
import type { KeyState } from '../../keys/key-schedule.js';
import { Satisfies } from '../../validation/rules.js';

const ASYMMETRIC = Object.entries(ALGORITHMS)
  .filter(([, { shared }]) => !shared)
  .map(([name]) => name);

/** The body of `POST /admin/keys/rotate`. */
@ApiSchema({ name: 'RotationRequest' })
export class RotationRequestDto {
  @ApiPropertyOptional({
    enum: ASYMMETRIC,
    description: 'The algorithm whose keys are replaced; all that the service makes if omitted',
  })
  @Satisfies(
    (value) => isAlgorithm(value) && !ALGORITHMS[value].shared,
    `must be one of ${ASYMMETRIC.join(', ')}`,
  )
  @IsOptional()
  algorithm?: string;

  @ApiPropertyOptional({
    description:
      'Revokes the signing key and its predecessors that still verify: every token that they signed is refused',
    example: false,
  })
  @IsBoolean({ message: 'revoke must be true or false' })
  @IsOptional()
  revoke?: boolean;
}

/** A key in the responses of the administration API. */
@ApiSchema({ name: 'Key' })
export class KeyDto {
  @ApiProperty({ example: 'fcQlkz95lepV4v23PCrBPKoWtzNJt_LO_QDXMe7DgzE', description: 'RFC 7638 thumbprint' })
  kid!: string;

  @ApiProperty({ example: 'ES256' })
  algorithm!: string;

  @ApiProperty({
    enum: ['tokens', 'administration'],
    description:
      'What it signs: `administration` for tokens addressed to the service itself, `tokens` for all others',
  })
  purpose!: 'tokens' | 'administration';

  @ApiProperty({ enum: ['published', 'signing', 'retiring', 'retired'] })
  state!: KeyState;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  published_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  signs_from!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  signs_until!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  verifies_until!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at!: string | null;
}

/** The response of `GET /admin/keys` and `POST /admin/keys/rotate`. */
@ApiSchema({ name: 'Keys' })
export class KeysDto {
  @ApiProperty({ type: [KeyDto] })
  keys!: readonly KeyDto[];
}

/** Converts a key to the format of the administration API. */
export function toKeyDto(key: KeyDescription): KeyDto {
  return {
    kid: key.id,
    algorithm: key.algorithm,
    purpose: key.purpose,
    state: key.state,
    published_at: dateTimeOrNull(key.publishedAt),
    signs_from: dateTimeOrNull(key.signsFrom),
    signs_until: dateTimeOrNull(key.signsUntil),
    verifies_until: dateTimeOrNull(key.verifiesUntil),
    revoked_at: dateTimeOrNull(key.revokedAt),
  };
}
