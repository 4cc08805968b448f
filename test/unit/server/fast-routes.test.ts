import {
  type CallHandler,
  type CanActivate,
  Controller,
  Get,
  HttpCode,
  type INestApplication,
  Injectable,
  Module,
  Param,
  Post,
  type Provider,
  Req,
  Scope,
  UseGuards,
  UseInterceptors,
  UsePipes,
  UseFilters,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  BaseExceptionFilter,
  NestFactory,
} from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ApiError } from '../../../src/server/api-error.js';
import { ErrorFilter } from '../../../src/server/error.filter.js';
import { FastRoute, useFastRoutes } from '../../../src/server/fast-routes.js';
import {
  controllerMethods,
  HeaderGuard,
  useHeaderGuards,
  UseHeaderGuard,
} from '../../../src/server/header-guards.js';

interface Visit {
  readonly headers: { readonly 'x-door'?: string };
  admissions?: number;
}

/** Admits a caller by its header `x-door`, at once or later, and counts its calls. */
@Injectable()
class Doorkeeper extends HeaderGuard<Visit> {
  override admit(request: Visit): void | Promise<void> {
    request.admissions = (request.admissions ?? 0) + 1;
    const refused = new ApiError(
      401,
      'missing_token',
      'Say who you are',
      {},
      { 'www-authenticate': 'Bearer' },
    );
    switch (request.headers['x-door']) {
      case 'open':
        return;
      case 'soon':
        return Promise.resolve();
      case 'closed soon':
        return Promise.reject(refused);
      case undefined:
      default:
        throw refused;
    }
  }
}

@Controller('doors')
@UseHeaderGuard(Doorkeeper)
class Doors {
  private readonly inside = 'inside';

  @FastRoute<Doors>((controller, request) => controller.enter(request as Visit))
  @Get('fast')
  @HttpCode(200)
  enter(@Req() { admissions }: Visit): object {
    return { said: this.inside, admissions };
  }

  @Get('of-nest/:id')
  pass(@Param('id') id: string, @Req() { admissions }: Visit): object {
    return { said: this.inside, admissions, id };
  }
}

@Controller('replies')
class Replies {
  @FastRoute<Replies>((controller) => controller.callers())
  @Get('callers')
  callers(): string {
    return String(new Error('the caller').stack);
  }

  @FastRoute<Replies>((controller) => controller.fault())
  @Get('fault')
  fault(): never {
    throw new SyntaxError('a fault');
  }

  @FastRoute<Replies>((controller) => controller.later())
  @Post('later')
  @HttpCode(200)
  async later(): Promise<never> {
    await Promise.resolve();
    throw new ApiError(409, 'conflict', 'Not now');
  }

  @FastRoute<Replies>((controller) => controller.endless())
  @Get('endless')
  async endless(): Promise<object> {
    await Promise.resolve();
    const endless: { self?: object } = {};
    return (endless.self = endless);
  }
}

/** Another controller with the same name. */
const Namesake = {
  Doors: class Doors {
    enter(): void {}
  },
}.Doors;
Controller('namesake')(Namesake);

@Module({ controllers: [Doors, Namesake] })
class TwiceModule {}

const filterInto = (faults: unknown[]): ErrorFilter =>
  new ErrorFilter({
    report: (cause) => void faults.push(cause),
    translate: (exception) => exception,
    onForms: (error) => error,
  });

interface Started {
  readonly app: NestFastifyApplication;
  readonly faults: unknown[];
  readonly steppedAside: (readonly string[])[];
}

let running: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(running.map((app) => app.close()));
  running = [];
});

async function start(
  providers: Provider[] = [],
  configure: (app: INestApplication) => void = () => {},
): Promise<Started> {
  @Module({ controllers: [Doors, Replies], providers })
  class Root {}

  const adapter = new FastifyAdapter();
  const options = { logger: false, abortOnError: false } as const;
  const app = await NestFactory.create<NestFastifyApplication>(Root, adapter, options);
  running.push(app);
  const started: Started = { app, faults: [], steppedAside: [] };
  const filter = filterInto(started.faults);
  app.setGlobalPrefix('/base');
  app.useGlobalFilters(filter);
  const fastify = adapter.getInstance<FastifyInstance>();
  const methods = controllerMethods(app);
  useHeaderGuards(fastify, methods);
  useFastRoutes(fastify, app, { methods, filter }, (globals) => started.steppedAside.push(globals));
  configure(app);
  await app.listen(0, '127.0.0.1');
  return started;
}

async function ask(
  { app }: Started,
  path: string,
  init?: RequestInit,
): Promise<[status: number, text: string]> {
  const response = await fetch(`${await app.getUrl()}/base${path}`, init);
  return [response.status, await response.text()];
}

/** Starts an application whose fast route has one more decorator. */
async function startWith(
  decorator: MethodDecorator & ClassDecorator,
  on: 'controller' | 'method',
): Promise<void> {
  @Controller('guarded')
  class Guarded {
    @FastRoute<Guarded>((controller) => controller.read())
    @Get()
    read(): object {
      return {};
    }
  }
  if (on === 'controller') decorator(Guarded);
  else decorator(Guarded.prototype, 'read', Object.getOwnPropertyDescriptor(Guarded.prototype, 'read') ?? {});
  @Module({ controllers: [Guarded] })
  class Root {}

  const adapter = new FastifyAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(Root, adapter, {
    logger: false,
    abortOnError: false,
  });
  running.push(app);
  const options = { methods: controllerMethods(app), filter: filterInto([]) };
  useFastRoutes(adapter.getInstance<FastifyInstance>(), app, options, () => {});
  await app.init();
}

const isFast = async (started: Started): Promise<boolean> =>
  !(await ask(started, '/replies/callers'))[1].includes('router-execution-context');

const pass: CanActivate = { canActivate: () => true };
const intercept = { intercept: (_context: unknown, next: CallHandler) => next.handle() };
const pipe = { transform: (value: unknown) => value };

@Injectable({ scope: Scope.REQUEST })
class PerRequest implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

describe('a fast route', () => {
  it('replaces the handler of Nest', async () => {
    const started = await start();
    expect(await isFast(started)).toBe(true);
    expect(started.steppedAside).toEqual([]);
  });

  it.each([
    ['@UseGuards', UseGuards(pass)],
    ['@UseInterceptors', UseInterceptors(intercept)],
    ['@UsePipes', UsePipes(pipe)],
    ['@UseFilters', UseFilters(filterInto([]))],
  ])('throws at the start if it has %s, which it would skip', async (name, decorator) => {
    for (const place of ['controller', 'method'] as const) {
      await expect(startWith(decorator, place)).rejects.toThrow(
        `Guarded.read: a fast route would skip ${name}`,
      );
    }
  });

  it('responds to HEAD as well', async () => {
    const response = await fetch(`${await (await start()).app.getUrl()}/base/replies/callers`, {
      method: 'HEAD',
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(10);
  });

  it.each([
    ['fast', 'open', 200, '{"said":"inside","admissions":2}'],
    ['fast', 'soon', 200, '{"said":"inside","admissions":2}'],
    ['fast', 'closed soon', 401, '{"error":"Say who you are","code":"missing_token"}'],
    ['fast', 'closed', 401, '{"error":"Say who you are","code":"missing_token"}'],
    ['of-nest/7', 'open', 200, '{"said":"inside","admissions":2,"id":"7"}'],
    ['of-nest/7', 'closed', 401, '{"error":"Say who you are","code":"missing_token"}'],
  ])(
    '%s runs its header guard before the body and again before the method: %s',
    async (path, door, status, text) => {
      expect(await ask(await start(), `/doors/${path}`, { headers: { 'x-door': door } })).toEqual([
        status,
        text,
      ]);
    },
  );

  it.each([
    ['/replies/fault', 'GET', 500, { error: 'Internal error', code: 'internal_error' }, /a fault/],
    ['/replies/endless', 'GET', 500, { error: 'Internal error', code: 'internal_error' }, /circular/],
    ['/replies/later', 'POST', 409, { error: 'Not now', code: 'conflict' }, undefined],
  ])('%s passes an exception to the filter', async (path, method, status, body, fault) => {
    const started = await start();
    const [given, text] = await ask(started, path, { method });
    expect([given, JSON.parse(text)]).toEqual([status, body]);
    expect(started.faults).toHaveLength(fault ? 1 : 0);
    if (fault) expect(String(started.faults[0])).toMatch(fault);
  });
});

describe('fast routes fall back to Nest, and report it once,', () => {
  it.each<[string, string, Provider[], (app: INestApplication) => void]>([
    ['guard', 'Guards', [], (app) => void app.useGlobalGuards(pass)],
    ['interceptor', 'Interceptors', [], (app) => void app.useGlobalInterceptors(intercept)],
    ['pipe', 'Pipes', [], (app) => void app.useGlobalPipes(pipe)],
    ['second filter', 'Filters', [], (app) => void app.useGlobalFilters(filterInto([]))],
    ['APP_GUARD', 'Guards', [{ provide: APP_GUARD, useValue: pass }], () => {}],
    ['APP_INTERCEPTOR', 'Interceptors', [{ provide: APP_INTERCEPTOR, useValue: intercept }], () => {}],
    ['APP_PIPE', 'Pipes', [{ provide: APP_PIPE, useValue: pipe }], () => {}],
    ['APP_FILTER', 'Filters', [{ provide: APP_FILTER, useClass: BaseExceptionFilter }], () => {}],
    ['request-scoped APP_GUARD', 'Guards', [{ provide: APP_GUARD, useClass: PerRequest }], () => {}],
  ])('if there is a global %s', async (_name, kind, providers, configure) => {
    const started = await start(providers, configure);
    expect(await isFast(started)).toBe(false);
    expect(started.steppedAside).toEqual([[kind]]);
  });
});

describe('controllerMethods', () => {
  it('throws if two controllers have a method with the same name', async () => {
    const app = await NestFactory.create(TwiceModule, new FastifyAdapter(), { logger: false });
    running.push(app);
    expect(() => controllerMethods(app)).toThrow('Two controllers have a method Doors.enter');
  });
});
