import type { Claims } from '@acme/identity-client/guard';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { WRITE } from '../scopes.js';
import type { NoteStore } from './note-store.js';

const MAX_LISTED = 50;
const MAX_CHARACTERS = 2_000;

/** Makes the MCP server for one token: it has the tools that the scope of the token allows. */
export function notesServer(notes: NoteStore, { sub, scope = '' }: Claims): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool(
    'list_notes',
    {
      description: 'The latest notes, newest first',
      inputSchema: { limit: z.number().int().min(1).max(MAX_LISTED).default(10) },
      annotations: { readOnlyHint: true },
    },
    ({ limit }) => textOf(JSON.stringify(notes.list(limit))),
  );
  if (scope.split(' ').includes(WRITE)) {
    server.registerTool(
      'add_note',
      {
        description: 'Adds a note',
        inputSchema: { text: z.string().min(1).max(MAX_CHARACTERS) },
      },
      ({ text }) => {
        notes.add({ text, writtenBy: sub ?? null });
        return textOf('added');
      },
    );
  }
  return server;
}

function textOf(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
