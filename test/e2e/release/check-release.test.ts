import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { secretFingerprint } from '../../../src/index.js';
import type { Ended } from '../../support/command-line.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const SCRIPT = fileURLToPath(new URL('../../../scripts/check-release.js', import.meta.url));
const hasGit = spawnSync('git', ['--version']).status === 0;
if (!hasGit) process.stderr.write('Left out, the check of a release: git is not installed\n');

function check(...parameters: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'] };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...parameters], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** A folder whose only commit is tagged. */
function repository(name: string, version: string, tag = `v${version}`): string {
  const folder = temporaryDirectory();
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-C', folder, ...parameters], { stdio: 'ignore' });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
  git('init');
  git('add', '.');
  git(
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.com',
    'commit',
    '--no-gpg-sign',
    '-m',
    'release',
  );
  git('tag', tag);
  return folder;
}

const servers: Server[] = [];
/** Starts a service whose /debug-env shows this, or is off without it. */
async function running(shown?: { version: string; secret?: string; issuer?: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://localhost');
    if (pathname !== '/debug-env' || !shown) {
      response.writeHead(404).end();
      return;
    }
    const { version, secret, issuer = 'identity-backend' } = shown;
    const JWT_SECRET_KEY =
      secret === undefined
        ? { set: false }
        : { set: true, fingerprint: secretFingerprint(secret, searchParams.get('nonce') ?? '') };
    response.end(JSON.stringify({ JWT_ISSUER: issuer, JWT_SECRET_KEY, version }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(() => servers.splice(0).forEach((server) => server.close()));
afterAll(removeTemporaryDirectories);

(hasGit ? describe : describe.skip)('check-release', () => {
  it('exits 0 if two services agree', async () => {
    const one = await running({ version: '1.4.0', secret: 'the-secret-of-the-first-services' });
    const other = await running({ version: '2.0.0', secret: 'the-secret-of-the-first-services' });
    const logging = repository('logging-backend', '2.0.0', 'logging-backend@2.0.0');
    expect(await check(`${repository('identity-backend', '1.4.0')}=${one}`, `${logging}=${other}/`)).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'ok     identity-backend 1.4.0: package.json, git tag and /debug-env agree\n' +
        'ok     logging-backend 2.0.0: package.json, git tag and /debug-env agree\n' +
        'ok     all have the same JWT_ISSUER\n' +
        'ok     all have the same shared secret, by its fingerprint\n',
    });
  });

  it('does not compare secrets with a service that has none', async () => {
    const one = await running({ version: '1.4.0', secret: 'the-secret-of-the-first-services' });
    const other = await running({ version: '1.4.0' });
    const folder = repository('a', '1.4.0');
    const { code, stdout } = await check(`${folder}=${one}`, `${folder}=${other}`);
    expect(code).toBe(0);
    expect(stdout).not.toContain('secret');
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    [
      'another version is running',
      async () => [`${repository('a', '1.4.0')}=${await running({ version: '1.3.0' })}`],
      /^wrong {2}a 1\.4\.0: "1\.3\.0" is running$/m,
    ],
    [
      'the commit has no tag for the version',
      async () => [`${repository('a', '1.4.0', 'v1.3.0')}=${await running({ version: '1.4.0' })}`],
      /^wrong {2}a 1\.4\.0: no tag v1\.4\.0 or a@1\.4\.0 at its commit$/m,
    ],
    [
      'a file differs from the commit',
      async () => {
        const folder = repository('a', '1.4.0');
        writeFileSync(join(folder, 'package.json'), '{"name":"a","version":"1.4.0" }');
        return [`${folder}=${await running({ version: '1.4.0' })}`];
      },
      /^wrong {2}.*files differ from its commit$/m,
    ],
    [
      'the folder is not a git repository',
      async () => {
        const folder = temporaryDirectory();
        writeFileSync(join(folder, 'package.json'), '{"name":"a","version":"1.4.0"}');
        return [`${folder}=${await running({ version: '1.4.0' })}`];
      },
      /^wrong {2}.*no git repository$/m,
    ],
    [
      '/debug-env is off',
      async () => [`${repository('a', '1.4.0')}=${await running()}`],
      /^wrong {2}.*DEBUG_ENV=true/m,
    ],
    [
      'the service does not respond',
      () => Promise.resolve([`${repository('a', '1.4.0')}=http://127.0.0.1:1`]),
      /^wrong {2}.*does not answer/m,
    ],
    [
      'the issuers differ',
      async () => {
        const folder = repository('a', '1.4.0');
        const [one, other] = [
          await running({ version: '1.4.0' }),
          await running({ version: '1.4.0', issuer: 'b' }),
        ];
        return [`${folder}=${one}`, `${folder}=${other}`];
      },
      /^wrong {2}they differ in the JWT_ISSUER$/m,
    ],
    [
      'the secrets differ',
      async () => {
        const folder = repository('a', '1.4.0');
        const one = await running({ version: '1.4.0', secret: 'the-secret-of-the-first-services' });
        const other = await running({ version: '1.4.0', secret: 'the-secret-of-some-other-service' });
        return [`${folder}=${one}`, `${folder}=${other}`];
      },
      /^wrong {2}they differ in the shared secret, by its fingerprint$/m,
    ],
  ])('exits 1 and reports it if %s', async (_name, prepare, words) => {
    const { code, stdout } = await check(...(await prepare()));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(words) });
  });

  it.each([[[]], [['no-pair']], [['.=ftp://a']]])(
    'exits 2 with its usage for the arguments %j',
    async (parameters) => {
      expect(await check(...parameters)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^Usage: /),
      });
    },
  );
});
