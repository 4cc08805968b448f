import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityAuthModule, JwtAuthGuard } from '@acme/identity-client/guard';
import { McpController } from './mcp.controller.js';
import { NoteStore } from './notes/note-store.js';
import { READ, WRITE } from './scopes.js';
import type { Settings } from './settings.js';

/** Every route needs a token for the URL of the MCP server. Clients learn from the 401 how to get one. */
@Module({})
export class AppModule {
  static forRoot({ issuer, url }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        IdentityAuthModule.forRoot({
          issuer,
          discover: true,
          audience: url,
          resource: url,
          scopes: [READ, WRITE],
        }),
      ],
      controllers: [McpController],
      providers: [NoteStore, { provide: APP_GUARD, useExisting: JwtAuthGuard }],
    };
  }
}
