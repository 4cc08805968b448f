import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DirectRoute } from '../server/direct-route.decorator.js';

/** `GET /ping`: answers OK. */
@ApiTags('Health')
@Controller('ping')
export class PingController {
  @DirectRoute()
  @Get()
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'Answer OK' })
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    description: 'The body is exactly OK',
    schema: { type: 'string', example: 'OK' },
  })
  ping(): string {
    return 'OK';
  }
}
