import { Controller, Get } from '@nestjs/common';
import { Public } from 'identity-backend/guard';

/** `GET /ping`: whether this service answers. */
@Controller('ping')
export class PingController {
  @Get()
  @Public()
  ping(): string {
    return 'OK';
  }
}
