import { once } from 'node:events';
import { Controller, type INestApplication, Module, UseGuards } from '@nestjs/common';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { CurrentToken, JwtAuthGuard, RequireScopes } from '../../../src/guard/index.js';
import { signedInAs, type SignedInClaims } from '../../../src/testing/index.js';
import { freePort } from '../../support/free-port.js';
import { HostApp } from '../../support/host-app.js';

@Resolver()
@UseGuards(JwtAuthGuard)
class WhoResolver {
  @Query(() => String)
  @RequireScopes('who:read')
  who(@CurrentToken('sub') subject: string): string {
    return subject;
  }
}

@Controller()
@UseGuards(JwtAuthGuard)
class WhoController {
  @MessagePattern('who')
  @RequireScopes('who:read')
  who(@CurrentToken('sub') subject: string): string {
    return subject;
  }
}

@WebSocketGateway()
@UseGuards(JwtAuthGuard)
class WhoGateway {
  @SubscribeMessage('who')
  @RequireScopes('who:read')
  who(@CurrentToken('sub') subject: string): object {
    return { event: 'who', data: subject };
  }
}

@Module({
  imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
  controllers: [WhoController],
  providers: [WhoResolver, WhoGateway],
})
class WhoModule {}

const ALLOWED = { sub: 'user-42', scope: 'who:read' };
const REFUSED = { sub: 'user-42', scope: 'other' };

describe('signedInAs()', () => {
  let app: HostApp;
  afterEach(() => app.stop());

  async function signIn(
    claims: SignedInClaims,
    prepare?: (host: INestApplication) => Promise<void>,
  ): Promise<HostApp> {
    const testing = await Test.createTestingModule({ imports: [WhoModule] })
      .overrideGuard(JwtAuthGuard)
      .useValue(signedInAs(claims))
      .compile();
    const host = testing.createNestApplication({ logger: false });
    host.useWebSocketAdapter(new WsAdapter(host));
    await prepare?.(host);
    app = await HostApp.listen(host);
    return app;
  }

  describe('for GraphQL', () => {
    const query = async (claims: SignedInClaims): Promise<unknown> =>
      (await (await signIn(claims)).post('/graphql', { query: '{ who }' })).body;

    it('lets in what the claims allow', async () => {
      expect(await query(ALLOWED)).toEqual({ data: { who: 'user-42' } });
    });

    it('refuses the rest', async () => {
      expect(await query(REFUSED)).toMatchObject({ data: null, errors: [{ message: 'Insufficient scope' }] });
    });
  });

  describe('for messages over TCP', () => {
    let client: ClientProxy;
    afterEach(async () => {
      await client.close();
    });

    async function send(claims: SignedInClaims, data: unknown): Promise<unknown> {
      const options = { host: '127.0.0.1', port: await freePort() };
      await signIn(claims, async (host) => {
        host.connectMicroservice({ transport: Transport.TCP, options });
        await host.startAllMicroservices();
      });
      client = ClientProxyFactory.create({ transport: Transport.TCP, options });
      return firstValueFrom(client.send<unknown>('who', data));
    }

    it.each<[string, unknown]>([
      ['an object', { id: 1 }],
      ['text', 'text'],
      ['a number', 42],
    ])('lets in what the claims allow, if the message is %s', async (_, data) => {
      expect(await send(ALLOWED, data)).toBe('user-42');
    });

    it('refuses the rest', async () => {
      await expect(send(REFUSED, 'text')).rejects.toBeDefined();
    });
  });

  describe('for WebSockets', () => {
    async function exchange(claims: SignedInClaims): Promise<unknown> {
      const { origin } = await signIn(claims);
      const socket = new WebSocket(origin.replace('http', 'ws'));
      await once(socket, 'open');
      socket.send(JSON.stringify({ event: 'who', data: 'text' }));
      const [data] = (await once(socket, 'message')) as [Buffer];
      socket.close();
      return JSON.parse(data.toString());
    }

    it('lets in what the claims allow', async () => {
      expect(await exchange(ALLOWED)).toEqual({ event: 'who', data: 'user-42' });
    });

    it('refuses the rest', async () => {
      expect(await exchange(REFUSED)).toMatchObject({ event: 'exception' });
    });
  });
});
