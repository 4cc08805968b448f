import { Body, Controller, Delete, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { Clock } from '../clock.js';
import { ClientAdministration } from '../clients/client-administration.js';
import { CreatedSecretDto } from './dto/client-response.dto.js';
import { dateTimeOrNull, parseDateTime } from '../encoding/date-time.js';
import { ApiError } from '../server/api-error.js';
import { BodyPipe } from '../server/body.pipe.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { AdminRoute, ApiConflict, ApiInvalidRequest, ApiNotFound } from './admin-route.decorator.js';
import { AdminGuard, type AdminRequest, administratorOf } from './admin.guard.js';
import { CLIENT_ID, NEW_SECRET, SECRET_ID } from './examples.js';
import { SecretRequestDto } from './dto/secret-request.dto.js';

/**
 * `/admin/clients/{id}/secrets`: a client has at most two valid secrets, so that one can be replaced without
 * an outage.
 */
@AdminRoute()
@UseHeaderGuard(AdminGuard)
@Controller('admin/clients/:id/secrets')
export class ClientSecretsController {
  constructor(
    private readonly administration: ClientAdministration,
    private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Add a second secret; it is shown this once' })
  @ApiParam(CLIENT_ID)
  @ApiBody({ type: SecretRequestDto, required: false, examples: NEW_SECRET })
  @ApiResponse({ status: 201, description: 'The secret', type: CreatedSecretDto })
  @ApiInvalidRequest('expires_at and expires_in exclude each other')
  @ApiNotFound('Client not found', 'Client not found')
  @ApiConflict('The client has two secrets, or may have none', 'The client has 2 secrets: revoke one first')
  async addSecret(
    @Param('id') id: string,
    @Body(new BodyPipe(SecretRequestDto)) body: SecretRequestDto,
    @Req() request: AdminRequest,
  ): Promise<CreatedSecretDto> {
    const expiresAt = this.expiryOf(body);
    const secret = await this.administration.addSecret(id, expiresAt, administratorOf(request));
    return {
      secret_id: secret.id,
      client_secret: secret.text,
      expires_at: dateTimeOrNull(secret.expiresAt),
    };
  }

  @Delete(':secretId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a secret' })
  @ApiParam(CLIENT_ID)
  @ApiParam(SECRET_ID)
  @ApiResponse({ status: 204, description: 'It is no longer valid' })
  @ApiNotFound('Client or secret not found', 'Secret not found')
  @ApiConflict(
    'The client has no other credentials',
    'The client could not authenticate: add other credentials first',
  )
  endSecret(
    @Param('id') id: string,
    @Param('secretId') secretId: string,
    @Req() request: AdminRequest,
  ): Promise<void> {
    return this.administration.revokeSecret(id, secretId, administratorOf(request));
  }

  private expiryOf({ expires_at, expires_in }: SecretRequestDto): number | null {
    if (expires_at !== undefined && expires_in !== undefined) {
      throw new ApiError(400, 'invalid_request', 'expires_at and expires_in exclude each other');
    }
    if (expires_in !== undefined) return this.clock.now() + expires_in * 1000;
    return expires_at === undefined ? null : (parseDateTime(expires_at) ?? null);
  }
}
