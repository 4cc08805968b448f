import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ApiError } from '../server/api-error.js';
import { BodyPipe } from '../server/body.pipe.js';
import type { Algorithm } from '../jwt/algorithms.js';
import { UseHeaderGuard } from '../server/header-guards.js';
import { AdminRoute, ApiInvalidRequest } from './admin-route.decorator.js';
import { AdminGuard, type AdminRequest, administratorOf } from './admin.guard.js';
import { ALL_KEYS } from './examples.js';
import { KeyAdministration } from '../keys/key-administration.js';
import { KeysDto, RotationRequestDto, toKeyDto } from './dto/keys.dto.js';

/** `/admin/keys`: the keys that sign, and their schedules. */
@AdminRoute()
@UseHeaderGuard(AdminGuard)
@Controller('admin/keys')
export class KeysController {
  constructor(private readonly administration: KeyAdministration) {}

  @Get()
  @ApiOperation({ summary: 'List the keys with their schedules' })
  @ApiResponse({ status: 200, description: 'The keys, without their private parts', type: KeysDto })
  listKeys(): KeysDto {
    return { keys: this.administration.list().map(toKeyDto) };
  }

  @Post('rotate')
  @HttpCode(202)
  @ApiOperation({ summary: 'Replace the signing keys by those that are already published' })
  @ApiBody({ type: RotationRequestDto, required: false, examples: ALL_KEYS })
  @ApiResponse({
    status: 202,
    description: 'The keys with their new schedules: the next one signs once every verifier knows it',
    type: KeysDto,
  })
  @ApiInvalidRequest('algorithm is not one for which the service makes keys')
  async rotateKeys(
    @Body(new BodyPipe(RotationRequestDto)) { algorithm, revoke = false }: RotationRequestDto,
    @Req() request: AdminRequest,
  ): Promise<KeysDto> {
    const by = administratorOf(request);
    if (await this.administration.rotate(algorithm as Algorithm | undefined, revoke, by))
      return this.listKeys();
    throw new ApiError(400, 'invalid_request', 'algorithm is not one for which the service makes keys');
  }
}
