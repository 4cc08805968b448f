import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BuiltService, makeClient, ROOT, startService } from '../../support/built-service.js';
import { ExampleApp, stopWithoutTokens } from '../../support/example-app.js';
import { freePort } from '../../support/free-port.js';
import { bearerHeaders, json, request } from '../../support/http-request.js';
import { commandsOf, readPage } from '../../support/markdown.js';
import { within } from '../../support/program.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const COMMANDS = commandsOf(readPage('docs/mcp.md'), ['bash run-mcp']);

let folder: string;

beforeAll(() => {
  folder = ExampleApp.build('mcp-server');
}, 300_000);

/** An issuer and an MCP server, which know the URLs of each other. */
class Pair {
  private constructor(
    readonly issuerUrl: string,
    readonly mcpUrl: string,
    /** The settings of the issuer, also for its command line. */
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async make(): Promise<Pair> {
    const port = await freePort();
    const issuerUrl = `http://127.0.0.1:${port}`;
    return new Pair(issuerUrl, `http://127.0.0.1:${await freePort()}/mcp`, {
      PORT: String(port),
      JWT_ISSUER: issuerUrl,
      JWT_ALGORITHM: 'ES256',
      JWT_SECRET_KEY: '',
      // The command line and the service run in different folders here.
      KEY_ENCRYPTION_KEY: 'key-of-the-mcp-example-that-no-service-uses-0123456789',
      DATABASE_URL: `sqlite:${join(temporaryDirectory(), 'identity.db')}`,
    });
  }

  async start(): Promise<{ service: BuiltService; mcp: ExampleApp }> {
    const service = await startService(this.environment);
    const { port } = new URL(this.mcpUrl);
    const settings = { PORT: port, MCP_URL: this.mcpUrl, JWT_ISSUER: this.issuerUrl };
    return { service, mcp: await ExampleApp.start(folder, settings) };
  }

  /** Runs a script of the page in a shell, with the URLs of this pair in place of those of the page. */
  run(script: string, variables: NodeJS.ProcessEnv = {}): string {
    const text = script
      .replaceAll('http://127.0.0.1:3000', this.issuerUrl)
      .replaceAll('http://127.0.0.1:4100/mcp', this.mcpUrl)
      .replaceAll('http://127.0.0.1:4100', new URL(this.mcpUrl).origin);
    return execFileSync('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], NO_PROXY: '127.0.0.1', ...this.environment, ...variables },
    });
  }

  /** A text of the page, with the URLs of this pair. */
  shown(text: string): string {
    return text
      .replaceAll('http://127.0.0.1:3000', this.issuerUrl)
      .replaceAll('http://127.0.0.1:4100', new URL(this.mcpUrl).origin);
  }
}

describe('mcp-server', () => {
  it('shows a stock client the tools that its scope allows', async () => {
    const pair = await Pair.make();
    const cwd = temporaryDirectory();
    const scopes = ['--scope', 'notes:read', '--scope', 'notes:write'];
    const clients = await Promise.all(
      [scopes.slice(0, 2), scopes].map((allowed, index) =>
        makeClient(cwd, pair.environment, `agent-${index}`, '--audience', pair.mcpUrl, ...allowed),
      ),
    );
    const { service, mcp } = await pair.start();
    const connect = async (index: number, scope: string): Promise<Client> => {
      const { id: clientId = '', secret: clientSecret = '' } = clients[index] ?? {};
      const expectedIssuer = pair.issuerUrl;
      const authProvider = new ClientCredentialsProvider({ clientId, clientSecret, expectedIssuer, scope });
      const client = new Client({ name: 'test', version: '1.0.0' });
      await client.connect(new StreamableHTTPClientTransport(new URL(pair.mcpUrl), { authProvider }));
      return client;
    };
    const reader = await connect(0, 'notes:read');
    expect((await reader.listTools()).tools.map(({ name }) => name)).toEqual(['list_notes']);
    await reader.close();
    await stopWithoutTokens(mcp, service);
  });

  it('adds and lists notes with a token for its URL, and rejects others', async () => {
    const pair = await Pair.make();
    const other = 'https://other.example/mcp';
    const parameters = ['--audience', pair.mcpUrl, '--audience', other];
    const scopes = ['--scope', 'notes:read', '--scope', 'notes:write'];
    const agent = await makeClient(temporaryDirectory(), pair.environment, 'agent', ...parameters, ...scopes);
    const { service, mcp } = await pair.start();
    const tokenFor = async (resource: string, scope: string): Promise<string> => {
      const { body } = await request(`${pair.issuerUrl}/oauth2/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`agent:${agent.secret}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }).toString(),
      });
      return String(body['access_token']);
    };
    const call = async (token: string, name: string, values: object): Promise<unknown[]> => {
      const headers = { ...bearerHeaders(token), accept: 'application/json, text/event-stream' };
      const params = { name, arguments: values };
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      const { status, body } = await request(pair.mcpUrl, json(message, headers));
      return [status, body['result'] ?? body['code']];
    };
    const writer = await tokenFor(pair.mcpUrl.replace('http://', 'HTTP://'), 'notes:read notes:write');
    const added = { content: [{ type: 'text', text: 'added' }] };
    expect(await call(writer, 'add_note', { text: 'one' })).toEqual([200, added]);
    const reader = await tokenFor(pair.mcpUrl, 'notes:read');
    const text = JSON.stringify([{ text: 'one', writtenBy: 'agent' }]);
    expect(await call(reader, 'list_notes', {})).toEqual([200, { content: [{ type: 'text', text }] }]);
    expect(await call(reader, 'add_note', { text: 'two' })).toEqual([
      200,
      expect.objectContaining({ isError: true }),
    ]);
    expect(await call(writer, 'add_note', { text: '' })).toEqual([
      200,
      expect.objectContaining({ isError: true }),
    ]);
    expect(await call(await tokenFor(pair.mcpUrl, 'notes:write'), 'list_notes', {})).toEqual([
      403,
      'insufficient_scope',
    ]);
    expect(await call(await tokenFor(other, 'notes:read'), 'list_notes', {})).toEqual([
      401,
      'invalid_audience',
    ]);
    const get = await request(pair.mcpUrl, { headers: bearerHeaders(reader) });
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    await stopWithoutTokens(mcp, service);
  });

  it('the commands of docs/mcp.md print what the page shows', async () => {
    const pair = await Pair.make();
    const [register, ...others] = COMMANDS;
    const AGENT_SECRET = pair.run(`${register?.script}\nprintf %s "$AGENT_SECRET"`);
    expect(AGENT_SECRET).not.toBe('');
    const { service, mcp } = await pair.start();
    const script = others.map((command) => command.script).join(`\nprintf '\\036'\n`);
    const outputs = pair.run(script, { AGENT_SECRET }).split('\x1e');
    expect(others.filter(({ answer }) => answer)).toHaveLength(3);
    for (const [index, { answer }] of others.entries()) {
      const output = (outputs[index] ?? '').replaceAll('\r', '').trim();
      if (answer?.language === 'json') {
        expect(JSON.parse(output)).toEqual(JSON.parse(pair.shown(answer.text)));
      } else if (answer) {
        expect(output).toBe(pair.shown(answer.text).trim());
      }
    }
    await stopWithoutTokens(mcp, service);
  });

  it.each([
    { MCP_URL: 'https://api.example/marker' },
    { MCP_URL: 'no-url-marker' },
    { MCP_URL: 'https://api.example/mcp?marker' },
    { MCP_URL: 'http://api.example/mcp' },
    { JWT_ISSUER: 'no-url-marker' },
    { PORT: 'marker' },
  ])('exits 1 with %j, without printing the value', async (environment) => {
    const refused = ExampleApp.refused(folder, environment);
    expect([await within(refused.ended, 'the refusal'), refused.text]).toEqual([1, expect.anything()]);
    expect(refused.text).not.toMatch(/marker/);
  });
});
