import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpException,
  type INestApplication,
  Module,
  Post,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  RequireScopes,
} from '../../../src/guard/index.js';
import type { Server } from '../../support/host-app.js';

/** The scope that the MCP server requires. */
export const SCOPE = 'notes:read';

/** A request or response of Express, or of Fastify whose `raw` is that of Node. */
type Wrapped<T> = T & { readonly raw?: T };

/** One tool, which returns the subject of the caller's token. */
function makeServer(claims: Claims): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('whoami', { description: 'The subject of the token' }, () => ({
    content: [{ type: 'text', text: claims.sub ?? '' }],
  }));
  return server;
}

function controllerAt(path: string): Type {
  @Controller(path)
  class McpController {
    @Post()
    @RequireScopes(SCOPE)
    async handle(
      @Req() request: Wrapped<IncomingMessage>,
      @Res() response: Wrapped<ServerResponse> & { hijack?(): void },
      @Body() body: unknown,
      @CurrentToken() claims: Claims,
    ): Promise<void> {
      response.hijack?.();
      const server = makeServer(claims);
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      await server.connect(transport);
      await transport.handleRequest(request.raw ?? request, response.raw ?? response, body);
    }

    /** Without sessions, there is neither a stream to open nor a session to end. */
    @Get()
    @Delete()
    @Header('Allow', 'POST')
    none(): never {
      throw new HttpException('Method not allowed; allowed: POST', 405);
    }
  }
  return McpController;
}

/** An MCP server behind the guard. Without sessions, each request is one of its own. */
export class McpHost {
  private constructor(private readonly app: INestApplication) {}

  /**
   * @param resource the URL of the server, on a free port of this machine
   * @param options of the guard, apart from the resource
   */
  static async start(server: Server, resource: string, options: IdentityAuthOptions): Promise<McpHost> {
    const { port, pathname } = new URL(resource);
    @Module({
      imports: [IdentityAuthModule.forRoot({ ...options, resource })],
      controllers: [controllerAt(pathname)],
      providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }],
    })
    class McpModule {}
    const adapter = server === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(McpModule, adapter, { logger: false, abortOnError: false });
    await app.listen(Number(port), '127.0.0.1');
    return new McpHost(app);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}
