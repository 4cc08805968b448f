import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Delete, Get, Header, HttpException, Inject, Post, Req, Res } from '@nestjs/common';
import { type Claims, CurrentToken, RequireScopes } from '@acme/identity-client/guard';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { NoteStore } from './notes/note-store.js';
import { notesServer } from './notes/notes-server.js';
import { READ } from './scopes.js';
import { PATH } from './settings.js';

/** The MCP server, without sessions: each request has its own server, for the token that came with it. */
@Controller(PATH)
export class McpController {
  constructor(@Inject(NoteStore) private readonly notes: NoteStore) {}

  @Post()
  @RequireScopes(READ)
  async handle(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Body() body: unknown,
    @CurrentToken() token: Claims,
  ): Promise<void> {
    const server = notesServer(this.notes, token);
    response.once('close', () => void server.close());
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    // The declarations of the package are not made for `exactOptionalPropertyTypes`.
    await server.connect(transport as Transport);
    await transport.handleRequest(request, response, body);
  }

  /** Without sessions, there is neither a stream to open nor a session to end. */
  @Get()
  @Delete()
  @Header('Allow', 'POST')
  none(): never {
    throw new HttpException({ error: 'Method not allowed; allowed: POST', code: 'method_not_allowed' }, 405);
  }
}
