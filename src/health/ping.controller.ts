import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FastRoute } from '../server/fast-routes.js';

/** `GET /ping`: responds OK. */
@ApiTags('Health')
@Controller('ping')
export class PingController {
  @FastRoute<PingController>((controller, _request, reply) => {
    reply.type('text/plain; charset=utf-8');
    return controller.ping();
  })
  @Get()
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'Respond OK' })
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
