import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Socket as ServerSocket } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  CurrentToken,
  JwtAuthGuard,
  OptionalToken,
  Public,
  RequireScopes,
  TokenVerifier,
} from '../../../../src/guard/index.js';
import { CapturedNestLog } from '../../../support/captured-nest-log.js';
import { HostApp } from '../../../support/host-app.js';
import { REFUSALS, TransportTokens } from '../../../support/transport-tokens.js';

const tokens = new TransportTokens();
const log = new CapturedNestLog();

/** The token is that of the handshake, which holds for all messages of a connection. */
@Injectable()
class SocketGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.switchToWs().getClient<object>();
  }

  protected override tokenOf(client: object): string | undefined {
    const { token } = (client as ServerSocket).handshake.auth as { token?: unknown };
    return typeof token === 'string' ? token : undefined;
  }
}

@WebSocketGateway()
@UseGuards(SocketGuard)
class SocketGateway implements OnGatewayConnection {
  constructor(private readonly verifier: TokenVerifier) {}

  /** No guard runs for a connection. */
  async handleConnection(client: ServerSocket): Promise<void> {
    const { token, late } = client.handshake.auth as { token?: unknown; late?: boolean };
    if (late === true) return;
    const outcome = typeof token === 'string' ? await this.verifier.verify(token) : { code: 'missing_token' };
    if (outcome.code === 'valid') return;
    client.emit('refused', { code: outcome.code });
    client.disconnect(true);
  }

  @SubscribeMessage('write')
  @RequireScopes('logs:write')
  write(@MessageBody() text: unknown, @CurrentToken('sub') sub: string): object {
    return { text, sub };
  }

  @SubscribeMessage('ping')
  @Public()
  ping(@CurrentToken() claims: unknown): object {
    return { claims: claims ?? null };
  }

  @SubscribeMessage('maybe')
  @OptionalToken()
  maybe(@CurrentToken('sub') sub?: string): object {
    return { sub: sub ?? null };
  }
}

/** A guard of the application, which reads no tokens. */
@Injectable()
class ForeignGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@WebSocketGateway()
@UseGuards(ForeignGuard)
class ForeignGateway {
  @SubscribeMessage('foreign')
  @RequireScopes('logs:write')
  foreign(): string {
    return 'secret';
  }
}

@Module({ imports: [tokens.auth], providers: [SocketGateway, ForeignGateway] })
class SocketModule {}

/** With `ws`, the token is a field of each message. */
@Injectable()
class MessageGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.switchToWs().getData<object>();
  }

  protected override tokenOf(message: object): string | undefined {
    const { token } = message as { token?: unknown };
    return typeof token === 'string' ? token : undefined;
  }
}

@WebSocketGateway({ path: '/ws' })
@UseGuards(MessageGuard)
class PlainGateway {
  @SubscribeMessage('write')
  @RequireScopes('logs:write')
  write(
    @MessageBody('text') text: unknown,
    @ConnectedSocket() _client: unknown,
    @CurrentToken('sub') sub: string,
  ): object {
    return { event: 'written', data: { text, sub } };
  }
}

/** With `ws`, the request of the connection has headers: clients that are no browsers can set them. */
@WebSocketGateway({ path: '/closed' })
class ClosedGateway implements OnGatewayConnection {
  constructor(private readonly verifier: TokenVerifier) {}

  async handleConnection(client: WebSocket, request: IncomingMessage): Promise<void> {
    const token = this.verifier.readToken(request);
    const outcome = token === undefined ? { code: 'missing_token' } : await this.verifier.verify(token);
    if (outcome.code === 'valid') client.send('welcome');
    else client.close(1008, outcome.code);
  }
}

@Module({ imports: [tokens.auth], providers: [PlainGateway, ClosedGateway] })
class PlainModule {}

beforeEach(() => log.clear());

describe('JwtAuthGuard with Socket.IO', () => {
  let app: HostApp;
  let client: Socket | undefined;
  beforeAll(async () => {
    app = await HostApp.listen(await NestFactory.create(SocketModule, { logger: log }));
  });
  afterEach(() => void client?.disconnect());
  afterAll(() => app.stop());

  /** @param auth of the handshake; `late` is not checked at the connection */
  const connect = (auth: object): Socket => {
    client = io(app.origin, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
    return client;
  };
  /** @returns the response, or the exception that the client receives instead */
  const send = (socket: Socket, event: string, data: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      socket.once('exception', (exception: unknown) => resolve({ exception }));
      socket.emit(event, data, resolve);
    });

  it.each(REFUSALS)('refuses a message: %s', async (presented, status, body) => {
    const token = await tokens.token(presented);
    const received = await send(connect({ token, late: true }), 'write', 'hello');
    expect(received).toMatchObject({ exception: { status, ...body } });
    expect(log.text).toContain('SocketGateway.write refused a request (ws)');
    if (token !== undefined) expect(JSON.stringify(received) + log.text).not.toContain(token);
  });

  it('accepts a valid token, whatever the payload, and passes its claims', async () => {
    const socket = connect({ token: await tokens.valid() });
    for (const text of ['hello', null, 7, { a: 1 }]) {
      expect(await send(socket, 'write', text)).toEqual({ text, sub: 'a-client' });
    }
  });

  it('refuses the messages of a connection whose token has expired', async () => {
    const socket = connect({ token: await tokens.valid() });
    expect(await send(socket, 'write', 'hello')).toMatchObject({ sub: 'a-client' });
    tokens.clock.advance(600);
    expect(await send(socket, 'write', 'hello')).toMatchObject({ exception: { code: 'token_expired' } });
    tokens.clock.advance(-600);
  });

  it('does not pass the claims of an earlier message to a public handler', async () => {
    const socket = connect({ token: await tokens.valid() });
    expect(await send(socket, 'write', 'hello')).toMatchObject({ sub: 'a-client' });
    expect(await send(socket, 'ping', 'hello')).toEqual({ claims: null });
    expect(await send(socket, 'maybe', 'hello')).toEqual({ sub: 'a-client' });
  });

  it('does not let a message in to a handler without the guard because of an earlier one', async () => {
    const socket = connect({ token: await tokens.valid() });
    expect(await send(socket, 'write', 'hello')).toMatchObject({ sub: 'a-client' });
    expect(await send(socket, 'foreign', 'hello')).toMatchObject({ exception: { status: 500 } });
    expect(log.text).toContain('ForeignGateway.foreign requires scopes or claims');
  });

  it('accepts messages without a token if it is optional', async () => {
    expect(await send(connect({ late: true }), 'maybe', 'hello')).toEqual({ sub: null });
  });

  it('lets a gateway refuse the connection with TokenVerifier', async () => {
    for (const [presented, , { code }] of REFUSALS as [
      Parameters<typeof tokens.token>[0],
      number,
      { code: string },
    ][]) {
      // A connection needs no scope.
      if (presented === 'otherScope') continue;
      const socket = connect({ token: await tokens.token(presented) });
      const refused = once(socket as unknown as NodeJS.EventEmitter, 'refused');
      expect(await refused).toEqual([{ code }]);
      socket.disconnect();
    }
  });
});

describe('JwtAuthGuard with ws', () => {
  let app: HostApp;
  let client: WebSocket;
  beforeAll(async () => {
    const host = await NestFactory.create(PlainModule, { logger: log });
    host.useWebSocketAdapter(new WsAdapter(host));
    app = await HostApp.listen(host);
    client = new WebSocket(`${app.origin.replace('http', 'ws')}/ws`);
    await once(client, 'open');
  });
  afterAll(async () => {
    client.terminate();
    await app.stop();
  });

  const connectClosed = (token?: string): WebSocket => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return new WebSocket(`${app.origin.replace('http', 'ws')}/closed`, { headers });
  };
  const send = async (data: unknown): Promise<unknown> => {
    const answered = once(client, 'message') as Promise<[Buffer]>;
    client.send(JSON.stringify({ event: 'write', data }));
    return JSON.parse((await answered)[0].toString()) as unknown;
  };

  it.each(REFUSALS)('refuses a message: %s', async (presented, status, body) => {
    const token = await tokens.token(presented);
    const received = await send({ text: 'hello', token });
    expect(received).toMatchObject({ event: 'exception', data: { status, ...body } });
  });

  it('accepts a valid token and passes its claims', async () => {
    expect(await send({ text: 'hello', token: await tokens.valid() })).toEqual({
      event: 'written',
      data: { text: 'hello', sub: 'a-client' },
    });
  });

  it.each(REFUSALS.filter(([presented]) => presented !== 'otherScope'))(
    'lets a gateway close a connection with the reason: %s',
    async (presented, _status, body) => {
      const socket = connectClosed(await tokens.token(presented));
      const [status, reason] = (await once(socket, 'close')) as [number, Buffer];
      expect([status, reason.toString()]).toEqual([1008, (body as { code: string }).code]);
    },
  );

  it('keeps a connection with a valid token', async () => {
    const socket = connectClosed(await tokens.valid());
    const [text] = (await once(socket, 'message')) as [Buffer];
    expect(text.toString()).toBe('welcome');
    socket.terminate();
  });

  it.each([['a text'], [7], [null], [undefined], [[]], [{ token: 7 }]])(
    'refuses a message without a token: %j',
    async (data) => {
      expect(await send(data)).toMatchObject({ event: 'exception', data: { code: 'missing_token' } });
    },
  );
});
