import { once } from 'node:events';
import { connect } from 'node:net';
import { Controller, type ExecutionContext, Injectable, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { CurrentToken, JwtAuthGuard, Public, RequireScopes } from '../../../../src/guard/index.js';
import { CapturedNestLog } from '../../../support/captured-nest-log.js';
import { freePort } from '../../../support/free-port.js';
import { HostApp } from '../../../support/host-app.js';
import { REFUSALS, TransportTokens } from '../../../support/transport-tokens.js';
import { until } from '../../../support/until.js';

const tokens = new TransportTokens();
const log = new CapturedNestLog();

/** The token is a field of the message. */
@Injectable()
class MessageGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    if (context.getType() !== 'rpc') return super.getRequest(context);
    return context.switchToRpc().getData<object>();
  }

  protected override tokenOf(message: object): string | undefined {
    const { token } = message as { token?: unknown };
    return typeof token === 'string' ? token : super.tokenOf(message);
  }
}

interface LogMessage {
  readonly text: string;
}

@Controller()
@UseGuards(MessageGuard)
class GuardedController {
  readonly events: unknown[] = [];

  @MessagePattern('write')
  @RequireScopes('logs:write')
  write(@Payload() { text }: LogMessage, @CurrentToken('sub') sub: string): object {
    return { text, sub };
  }

  @MessagePattern('ping')
  @Public()
  ping(@CurrentToken() claims: unknown): object {
    return { claims: claims ?? null };
  }

  @EventPattern('written')
  written(@Payload() event: unknown): void {
    this.events.push(event);
  }
}

@Module({ imports: [tokens.auth], controllers: [GuardedController] })
class GuardedModule {}

@Controller()
class OpenController {
  @MessagePattern('scoped')
  @RequireScopes('logs:write')
  scoped(): string {
    return 'secret';
  }

  @MessagePattern('unscoped')
  unscoped(): string {
    return 'open';
  }
}

@Module({
  imports: [tokens.auth],
  controllers: [OpenController],
  providers: [{ provide: APP_GUARD, useClass: MessageGuard }],
})
class HybridModule {}

/** A client of a microservice. */
class Caller {
  private readonly client;

  constructor(port: number) {
    this.client = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
  }

  /** @returns the response, or what the client receives instead */
  async send(pattern: string, payload: unknown): Promise<unknown> {
    return firstValueFrom(this.client.send<unknown>(pattern, payload)).catch((error: unknown) => ({ error }));
  }

  emit(pattern: string, payload: unknown): Promise<unknown> {
    return firstValueFrom(this.client.emit(pattern, payload), { defaultValue: undefined });
  }

  close(): Promise<void> {
    return Promise.resolve(this.client.close());
  }
}

beforeEach(() => log.clear());

describe('JwtAuthGuard in a TCP microservice', () => {
  let app: Awaited<ReturnType<typeof NestFactory.createMicroservice>>;
  let caller: Caller;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    app = await NestFactory.createMicroservice<MicroserviceOptions>(GuardedModule, {
      transport: Transport.TCP,
      options: { port },
      logger: log,
    });
    await app.listen();
    caller = new Caller(port);
  });
  afterAll(async () => {
    await caller.close();
    await app.close();
  });

  it.each(REFUSALS)('refuses: %s', async (presented, status, body) => {
    const token = await tokens.token(presented);
    const received = await caller.send('write', { text: 'hello', token });
    expect(received).toEqual({
      error: {
        status,
        message: (body as { error: string }).error,
        ...body,
        ...(presented !== 'none' && { hint: expect.any(String) }),
      },
    });
    expect(log.text).toContain(`GuardedController.write refused a request (rpc)`);
    if (token !== undefined) expect(log.text).not.toContain(token);
  });

  it('accepts a valid token and passes its claims', async () => {
    expect(await caller.send('write', { text: 'hello', token: await tokens.valid() })).toEqual({
      text: 'hello',
      sub: 'a-client',
    });
  });

  it('does not read the token of a public handler', async () => {
    expect(await caller.send('ping', { token: await tokens.valid() })).toEqual({ claims: null });
  });

  it.each([['a text'], [7], [true], [[]], [{ token: 7 }], [{ token: {} }], [{ metadata: null }]])(
    'refuses a message without a token: %j',
    async (payload) => {
      expect(await caller.send('write', payload)).toMatchObject({
        error: { status: 401, code: 'missing_token' },
      });
    },
  );

  // Nest's own client sends no such message.
  it.each([['"data":null,'], ['']])('refuses a message whose payload is null or absent: %s', async (data) => {
    const message = `{"pattern":"write",${data}"id":"1"}`;
    const socket = connect(port, '127.0.0.1').end(`${message.length}#${message}`);
    const [received] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    expect(received).toContain('"code":"missing_token"');
    socket.destroy();
  });

  it('refuses events, which only the log of the receiver shows', async () => {
    const token = await tokens.valid();
    await caller.emit('written', { id: 1 });
    await until(() => log.warnings.length > 0, 5_000);
    expect(log.warnings).toEqual([
      'GuardedController.written refused a request (rpc): Missing bearer token (missing_token)',
    ]);
    await caller.emit('written', { id: 2, token });
    const { events } = app.get(GuardedController);
    await until(() => events.length > 0, 5_000);
    expect(events).toEqual([{ id: 2, token }]);
  });
});

describe('APP_GUARD in a hybrid application', () => {
  const start = async (inheritAppConfig: boolean): Promise<[HostApp, Caller]> => {
    const port = await freePort();
    const options: MicroserviceOptions = { transport: Transport.TCP, options: { port } };
    const app = await NestFactory.create(HybridModule, { logger: log });
    app.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig });
    await app.startAllMicroservices();
    return [await HostApp.listen(app), new Caller(port)];
  };

  it('applies to messages with inheritAppConfig', async () => {
    const [app, caller] = await start(true);
    expect(await caller.send('unscoped', {})).toMatchObject({ error: { code: 'missing_token' } });
    expect(await caller.send('scoped', { token: await tokens.valid() })).toBe('secret');
    await caller.close();
    await app.stop();
  });

  it('is warned of at start, which does not show whether it applies', async () => {
    const [app, caller] = await start(false);
    expect(log.warnings).toEqual([
      'OpenController.scoped, OpenController.unscoped: JwtAuthGuard is a global guard, which applies to ' +
        'messages only if connectMicroservice() has inheritAppConfig; @UseGuards() always applies',
    ]);
    await caller.close();
    await app.stop();
  });

  it('does not apply without it, and @RequireScopes() refuses', async () => {
    const [app, caller] = await start(false);
    expect(await caller.send('unscoped', {})).toBe('open');
    expect(await caller.send('scoped', { token: await tokens.valid() })).toEqual({
      error: { status: 500, message: 'Internal error', error: 'Internal error', code: 'internal_error' },
    });
    expect(log.text).toContain('a hybrid application needs inheritAppConfig');
    await caller.close();
    await app.stop();
  });
});
