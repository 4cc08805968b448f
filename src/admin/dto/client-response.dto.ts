import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { dateTime, dateTimeOrNull } from '../../encoding/date-time.js';
import { type Client, CLIENT_AUTHENTICATION_METHODS, type ClientSecret } from '../../clients/client.js';
import { FederatedCredentialDto, JwtBearerPolicyDto } from './federated-credential.dto.js';

/** The public properties of a secret: neither the secret nor its hash. */
@ApiSchema({ name: 'ClientSecretInfo' })
export class SecretInfoDto {
  @ApiProperty({ example: '9f86d081884c7d65' })
  secret_id!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;
}

/** A client in the responses of the administration API. */
@ApiExtraModels(JwtBearerPolicyDto)
@ApiSchema({ name: 'Client' })
export class ClientDto {
  @ApiProperty({ example: 'careergpt' })
  client_id!: string;

  @ApiProperty({ example: 'CareerGPT' })
  name!: string;

  @ApiProperty({ type: [String], example: ['logging-service'] })
  audiences!: readonly string[];

  @ApiProperty({ type: String, nullable: true, example: 'logging-service' })
  default_audience!: string | null;

  @ApiProperty({ type: [String], example: ['logs:read', 'logs:write'] })
  scopes!: readonly string[];

  @ApiProperty({ type: [String], example: ['tenant'] })
  claims!: readonly string[];

  @ApiProperty({ type: [String], example: ['client_credentials'] })
  grant_types!: readonly string[];

  @ApiProperty({ type: 'integer', nullable: true, example: 300 })
  token_lifetime_seconds!: number | null;

  @ApiProperty({ type: [String], example: ['user-*'] })
  may_act_for!: readonly string[];

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: null })
  jwks!: object | null;

  @ApiProperty({ type: [FederatedCredentialDto], example: [] })
  federated_credentials!: readonly FederatedCredentialDto[];

  @ApiProperty({ example: false })
  workload_grant!: boolean;

  // In OpenAPI 3.0, `nullable` next to a reference does not allow null: the schema that it names does not.
  @ApiProperty({
    oneOf: [{ $ref: getSchemaPath(JwtBearerPolicyDto) }, { type: 'object', nullable: true, enum: [null] }],
    example: null,
  })
  jwt_bearer!: JwtBearerPolicyDto | null;

  @ApiProperty({ type: [String], enum: CLIENT_AUTHENTICATION_METHODS, nullable: true, example: null })
  token_endpoint_auth_methods!: readonly string[] | null;

  @ApiProperty({ example: false })
  disabled!: boolean;

  @ApiProperty({ type: [SecretInfoDto] })
  secrets!: readonly SecretInfoDto[];

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

/** A new client with its secret, if it may have one; it is shown only this once. */
@ApiSchema({ name: 'CreatedClient' })
export class CreatedClientDto extends ClientDto {
  @ApiPropertyOptional({
    description: 'Shown only once; absent if the client may not authenticate by a secret',
    example: 'm8Zk3…',
  })
  client_secret?: string;
}

/** A page of clients. */
@ApiSchema({ name: 'ClientPage' })
export class ClientPageDto {
  @ApiProperty({ type: [ClientDto] })
  clients!: readonly ClientDto[];

  @ApiProperty({ type: String, nullable: true, description: 'For `after`; null on the last page' })
  next!: string | null;
}

/** A new secret. */
@ApiSchema({ name: 'CreatedSecret' })
export class CreatedSecretDto {
  @ApiProperty({ example: '9f86d081884c7d65' })
  secret_id!: string;

  @ApiProperty({ description: 'Shown only once', example: 'm8Zk3…' })
  client_secret!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;
}

/**
 * Converts a client to the format of the administration API. The fields of {@link ClientRequestDto} can be
 * sent back unchanged.
 */
export function toClientDto(client: Client): ClientDto {
  return {
    client_id: client.id,
    name: client.name,
    audiences: client.audiences,
    default_audience: client.defaultAudience,
    scopes: client.scopes,
    claims: client.claims,
    grant_types: client.grantTypes,
    token_lifetime_seconds: client.tokenLifetimeSeconds,
    may_act_for: client.mayActFor,
    jwks: client.jwks,
    federated_credentials: client.federatedCredentials,
    workload_grant: client.workloadGrant,
    jwt_bearer: client.jwtBearer && {
      issuers: client.jwtBearer.issuers,
      impersonate: client.jwtBearer.impersonate,
      limit_to_assertion: client.jwtBearer.limitToAssertion,
    },
    token_endpoint_auth_methods: client.tokenEndpointAuthMethods,
    disabled: client.disabled,
    secrets: client.secrets.map(toSecretInfoDto),
    created_at: dateTime(client.createdAt),
    updated_at: dateTime(client.updatedAt),
  };
}

function toSecretInfoDto({ id, createdAt, expiresAt }: ClientSecret): SecretInfoDto {
  return {
    secret_id: id,
    created_at: dateTime(createdAt),
    expires_at: dateTimeOrNull(expiresAt),
  };
}
