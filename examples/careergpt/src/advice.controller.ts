import {
  BadGatewayException,
  BadRequestException,
  Body,
  Controller,
  Get,
  Inject,
  Logger,
  Post,
} from '@nestjs/common';
import { LoggingBackend, type LogLine } from './logging-backend.js';

const NEWEST = 20;

/** What this service is for; here it knows one answer. */
@Controller()
export class AdviceController {
  private readonly log = new Logger('Advice');

  constructor(@Inject(LoggingBackend) private readonly logging: LoggingBackend) {}

  @Get('ping')
  ping(): string {
    return 'OK';
  }

  /** Responds even if the log is unavailable, and says that the line was not kept. */
  @Post('advice')
  async advise(@Body() body?: { readonly question?: unknown }): Promise<object> {
    const question = body?.question;
    if (typeof question !== 'string' || question === '') {
      throw new BadRequestException({ error: 'Missing required fields', code: 'invalid_request' });
    }
    const logged = await this.write({ level: 'INFO', message: 'Gave advice', context: { question } });
    return { advice: 'Learn what your users need.', logged };
  }

  /** What the log says. */
  @Get('activity')
  async activity(): Promise<unknown> {
    try {
      return await this.logging.read(NEWEST);
    } catch (error) {
      this.log.warn(`The log cannot be read: ${String(error)}`);
      throw new BadGatewayException({ error: 'The log cannot be read now', code: 'unavailable' });
    }
  }

  private async write(line: LogLine): Promise<boolean> {
    try {
      await this.logging.write(line);
      return true;
    } catch (error) {
      this.log.warn(`A line of the log was not kept: ${String(error)}`);
      return false;
    }
  }
}
