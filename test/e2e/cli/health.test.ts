import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandLine } from '../../support/command-line.js';
import { failureOf } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

let cli: CommandLine;
beforeAll(() => {
  cli = CommandLine.prepare();
}, 60_000);
afterAll(removeTemporaryDirectories);

/** A server that responds 200 on one path, and records the paths of all requests. */
async function serverOf(
  path: string,
  host: string,
): Promise<{ server: Server; port: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(request.url === path ? 200 : 404).end('{}');
  }).listen(0, host);
  await once(server, 'listening');
  return { server, port: String((server.address() as AddressInfo).port), asked };
}

const noIPv6 = await failureOf(async () => {
  const { server } = await serverOf('/', '::1');
  server.close();
});
if (noIPv6 !== undefined) process.stderr.write(`Not tried on ::1: ${noIPv6}\n`);

describe('identity-backend health', () => {
  it.each([
    ['identity-backend', '/identity-backend', '0.0.0.0'],
    ['/identity-backend/', '/identity-backend', 'localhost'],
    ['/', '', noIPv6 === undefined ? '::' : '127.0.0.2'],
  ])(
    'checks a service with BASE_PATH %j, at %j on %s',
    async (BASE_PATH, basePath, HOST) => {
      const { server, port, asked } = await serverOf(`${basePath}/health/live`, HOST);
      const ended = await cli.with({ BASE_PATH, HOST, PORT: port }, temporaryDirectory()).run('health');
      server.close();
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('is alive'), stderr: '' });
      expect(asked).toEqual([`${basePath}/health/live`]);
    },
    30_000,
  );

  it('checks the service with the settings in .env, and creates no files', async () => {
    const app = await RunningApp.start({ basePath: '/identity-backend' });
    const directory = temporaryDirectory();
    writeFileSync(
      join(directory, '.env'),
      `PORT='${new URL(app.origin).port}'\nBASE_PATH='/identity-backend'\n`,
    );
    const ended = await cli.with({ PORT: '' }).run('health', '--directory', directory);
    await app.stop();
    expect(ended).toMatchObject({ code: 0 });
    expect(existsSync(join(directory, 'data'))).toBe(false);
  }, 30_000);

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no service responds', { PORT: '1' }, /No response from 127\.0\.0\.1 port 1/],
    [
      'the settings are invalid',
      { PORT: 'marker', BASE_PATH: '/mar ker' },
      /BASE_PATH[^]*PORT|PORT[^]*BASE_PATH/,
    ],
  ])(
    'exits 1 if %s',
    async (_name, environment, words) => {
      const ended = await cli.with(environment, temporaryDirectory()).run('health');
      expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
      expect(ended.stderr).not.toMatch(/mar ?ker/);
    },
    30_000,
  );

  it('exits 1 if the service responds with an error, or not in time', async () => {
    const { server, port } = await serverOf('/another', '127.0.0.1');
    expect(await cli.with({ PORT: port }, temporaryDirectory()).run('health')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answered 404'),
    });
    server.removeAllListeners('request').on('request', () => {});
    expect(await cli.with({ PORT: port }, temporaryDirectory()).run('health')).toMatchObject({ code: 1 });
    server.closeAllConnections();
    server.close();
  }, 30_000);

  it('is the health check of the Dockerfile', () => {
    const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
    expect(dockerfile).toMatch(
      /^HEALTHCHECK [^]*?CMD \["node", "\/app\/dist\/cli\/identity-backend\.js", "health"\]$/m,
    );
  });
});
