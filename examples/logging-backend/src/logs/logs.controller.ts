import { Readable } from 'node:stream';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Query,
  StreamableFile,
} from '@nestjs/common';
import { CurrentToken } from '@acme/identity-client/guard';
import type { LogEntry } from './log-entry.js';
import { logLine } from './log-line.js';
import { LogStore } from './log-store.js';
import { readNewEntry } from './new-entry.js';

const MAX_PAGE = 100;

/** The highest number of a line that PostgreSQL and MySQL know. */
const MAX_ID = 2 ** 31 - 1;

/** One page of the log, newest first; `next` is what to send as `before` for the one that follows. */
interface Page {
  readonly logs: readonly LogEntry[];
  readonly next: number | null;
}

/** The log. The guard of the application admits only callers with a token for this service. */
@Controller()
export class LogsController {
  constructor(@Inject(LogStore) private readonly store: LogStore) {}

  @Post('log')
  async write(@Body() body: unknown, @CurrentToken('sub') subject: string | undefined): Promise<object> {
    const entry = readNewEntry(body);
    if (typeof entry === 'string') throw badRequest(entry);
    await this.store.add({ ...entry, written_by: subject ?? null });
    return { status: 'logged' };
  }

  @Get('logs')
  async list(@Query('limit') limit?: unknown, @Query('before') before?: unknown): Promise<Page> {
    const size = wholeNumber('limit', limit, MAX_PAGE) ?? 50;
    const logs = await this.store.page(size, wholeNumber('before', before, MAX_ID));
    return { logs, next: logs.length === size ? (logs.at(-1)?.id ?? null) : null };
  }

  @Get('logs/download')
  download(): StreamableFile {
    return new StreamableFile(Readable.from(linesOf(this.store.all())), {
      type: 'text/plain; charset=utf-8',
      disposition: 'attachment; filename="logs.txt"',
    });
  }

  @Post('logs/purge')
  @HttpCode(200)
  async purge(): Promise<object> {
    await this.store.purge();
    return { status: 'purged' };
  }
}

async function* linesOf(entries: AsyncIterable<LogEntry>): AsyncGenerator<Buffer> {
  for await (const entry of entries) yield Buffer.from(logLine(entry));
}

function wholeNumber(name: string, value: unknown, most: number): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (number >= 1 && number <= most) return number;
  throw badRequest(`${name} must be a whole number from 1 to ${most}`);
}

function badRequest(error: string): BadRequestException {
  return new BadRequestException({ error, code: 'invalid_request' });
}
