import { Controller, Get } from '@nestjs/common';
import { Public } from '@acme/identity-client/guard';

/** `GET /ping`: whether this service answers. */
@Controller('ping')
export class PingController {
  @Get()
  @Public()
  ping(): string {
    return 'OK';
  }
}
