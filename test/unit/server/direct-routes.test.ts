import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Injectable,
  type INestApplication,
  Module,
  Param,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsInt } from 'class-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiError } from '../../../src/server/api-error.js';
import { BodyPipe } from '../../../src/server/body.pipe.js';
import { DirectRoute } from '../../../src/server/direct-route.decorator.js';
import { useDirectRoutes } from '../../../src/server/direct-routes.js';
import { ErrorFilter } from '../../../src/server/error.filter.js';

class Sum {
  @IsInt({ message: 'a must be a whole number' })
  a!: number;
  @IsInt({ message: 'b must be a whole number' })
  b!: number;
}

/** Lets through who says so, at once or later, and may refuse in words of its own. */
@Injectable()
class Doorkeeper implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (context.getHandler().name !== 'guarded' || context.getClass() !== Sums) return false;
    switch (headers['x-door']) {
      case 'open':
        return true;
      case 'soon':
        return Promise.resolve(true);
      case 'closed soon':
        return Promise.resolve(false);
      case 'words':
        throw new ApiError(401, 'missing_token', 'Say who you are', {}, { 'www-authenticate': 'Bearer' });
      case undefined:
      default:
        return false;
    }
  }
}

@Controller('sums')
class Sums {
  private readonly offset = 0;

  @Post()
  add(@Body(new BodyPipe(Sum)) { a, b }: Sum): object {
    return { sum: a + b + this.offset };
  }

  @Post('later')
  @HttpCode(202)
  async addLater(@Body(new BodyPipe(Sum)) { a, b }: Sum): Promise<object> {
    await Promise.resolve();
    if (a === 0) throw new ApiError(409, 'conflict', 'Not zero');
    return { sum: a + b };
  }

  @Get('text')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Header('X-Kind', 'text')
  text(): string {
    return 'text';
  }

  @Get('callers')
  callers(): string {
    return String(new Error('who calls?').stack);
  }

  @Get('nothing')
  nothing(): void {}

  @Get('fault')
  fault(): never {
    throw new TypeError('a fault');
  }

  @Post('raw')
  @HttpCode(200)
  raw(
    @Req() request: { method: string },
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: { status(code: number): void },
  ): object {
    reply.status(203);
    return { method: request.method, body };
  }

  @Get('guarded')
  @UseGuards(Doorkeeper)
  guarded(): string {
    return 'inside';
  }
}

@Module({ controllers: [Sums] })
class SumsModule {}

const filter = (): ErrorFilter =>
  new ErrorFilter({
    report() {},
    translate: (exception) => exception,
    onForms: (error) => error,
  });

/** An application whose routes are direct ones, or those of Nest. */
async function start(direct: boolean): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(SumsModule, adapter, {
    logger: false,
    abortOnError: false,
  });
  app.setGlobalPrefix('/base');
  app.useGlobalFilters(filter());
  if (direct) use(app, adapter.getInstance<FastifyInstance>());
  await app.listen(0, '127.0.0.1');
  return app;
}

function use(app: INestApplication, fastify: FastifyInstance): void {
  useDirectRoutes(fastify, app, { basePath: '/base', filter: filter() });
}

const METHODS = ['add', 'addLater', 'text', 'callers', 'nothing', 'fault', 'raw', 'guarded'] as const;
type Ask = readonly [path: string, init?: RequestInit];
const post = (path: string, body: unknown): Ask => [
  path,
  { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
];
const get = (path: string, headers: Record<string, string> = {}): Ask => [path, { headers }];

async function ask(
  app: NestFastifyApplication,
  [path, init]: Ask,
): Promise<{ status: number; headers: object; body: string }> {
  const answer = await fetch(`${await app.getUrl()}/base/sums${path}`, init);
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'date'));
  return { status: answer.status, headers, body: await answer.text() };
}

const REQUESTS: readonly (readonly [what: string, request: Ask])[] = [
  ['a body that is good', post('', { a: 1, b: 2 })],
  ['a body that is not', post('', { a: 'x' })],
  ['a status of its own and a promise', post('/later', { a: 1, b: 2 })],
  ['a promise that fails', post('/later', { a: 0, b: 2 })],
  ['a pipe that fails before a promise', post('/later', {})],
  ['headers of its own', get('/text')],
  ['nothing', get('/nothing')],
  ['a fault', get('/fault')],
  ['request, body as it is, and a status that the method sets', post('/raw', { any: ['thing'] })],
  ['a guard that lets through', get('/guarded', { 'x-door': 'open' })],
  ['a guard that lets through later', get('/guarded', { 'x-door': 'soon' })],
  ['a guard that does not', get('/guarded')],
  ['a guard that does not later', get('/guarded', { 'x-door': 'closed soon' })],
  ['a guard that refuses in its own words', get('/guarded', { 'x-door': 'words' })],
];

describe('a direct route', () => {
  let asNest: NestFastifyApplication;
  let direct: NestFastifyApplication;
  beforeAll(async () => {
    asNest = await start(false);
    for (const method of METHODS) {
      const descriptor = Reflect.getOwnPropertyDescriptor(Sums.prototype, method);
      Reflect.decorate([DirectRoute()], Sums.prototype, method, descriptor);
    }
    direct = await start(true);
  });
  afterAll(() => Promise.all([asNest.close(), direct.close()]));

  it.each(REQUESTS)('answers as Nest does: %s', async (_what, request) => {
    expect(await ask(direct, request)).toEqual(await ask(asNest, request));
  });

  it('is not what Nest made', async () => {
    expect((await ask(asNest, get('/callers'))).body).toContain('router-execution-context');
    expect((await ask(direct, get('/callers'))).body).not.toContain('router-execution-context');
  });
});

describe('a route that has more around it than is known here', () => {
  class Passing {
    intercept(): never {
      throw new Error('never called');
    }
  }

  class Intercepted {
    @DirectRoute()
    @Get()
    @UseInterceptors(Passing)
    get(): void {}
  }

  class Parameterised {
    @DirectRoute()
    @Get(':id')
    get(@Param('id') _id: string): void {}
  }

  it.each<[string, Type, RegExp]>([
    ['an interceptor', Intercepted, /Intercepted\.get cannot be a direct route: it has __interceptors__/],
    ['another parameter', Parameterised, /Parameterised\.get cannot be a direct route: it has a parameter/],
  ])('cannot be a direct one: %s', async (_what, controller, message) => {
    Controller('other')(controller);
    const adapter = new FastifyAdapter();
    const module = { module: SumsModule, controllers: [controller] };
    const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
      logger: false,
      abortOnError: false,
    });
    expect(() => use(app, adapter.getInstance<FastifyInstance>())).toThrow(message);
    await app.close();
  });
});
