import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compiledSource } from '../../support/compiled-source.js';
import { ServiceProcess } from '../../support/service-process.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const UNPRIVILEGED_UID = 65_534;

let sources: string;
const running: ServiceProcess[] = [];
beforeAll(() => {
  sources = compiledSource();
}, 60_000);
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  removeTemporaryDirectories();
});

function start(environment: NodeJS.ProcessEnv, dotEnv?: string, uid?: number): ServiceProcess {
  const cwd = temporaryDirectory();
  chmodSync(cwd, 0o777);
  if (dotEnv !== undefined) writeFileSync(join(cwd, '.env'), dotEnv, { mode: 0o600 });
  const service = new ServiceProcess(sources, { cwd, environment: { PORT: '0', ...environment }, uid });
  running.push(service);
  return service;
}

const PRODUCTION = `NODE_ENV='production'\nJWT_SECRET_KEY='${SECRET}'\n`;
const OPEN = /^POST \/token is open to anyone/;

describe('the service exits 78', () => {
  const cases: [string, () => ServiceProcess, RegExp][] = [
    ['NODE_ENV in another case', () => start({ NODE_ENV: 'Production' }), /NODE_ENV must be one of/],
    [
      'a line that is not an assignment',
      () => start({}, `${PRODUCTION}marker value\n`),
      /\.env line 3 is neither/,
    ],
    [
      'several faults at once',
      () => start({ LOG_LEVEL: 'marker' }, 'PORT=x\nmarker\nNODE_ENV=marker\n'),
      /\.env line 2 [^]*NODE_ENV [^]*LOG_LEVEL /,
    ],
    [
      'a secret of only spaces in production',
      () => start({ NODE_ENV: 'production', JWT_SECRET_KEY: ' '.repeat(64) }),
      /JWT_SECRET_KEY is nothing but white space/,
    ],
    [
      'a .env that is a directory',
      () => {
        const cwd = temporaryDirectory();
        mkdirSync(join(cwd, '.env'));
        return new ServiceProcess(sources, { cwd });
      },
      /\.env cannot be read \(EISDIR\)/,
    ],
    [
      'a .env that its user may not read',
      () => {
        const root = process.getuid?.() === 0;
        const cwd = temporaryDirectory();
        chmodSync(cwd, 0o755);
        writeFileSync(join(cwd, '.env'), PRODUCTION, { mode: 0 });
        return new ServiceProcess(sources, { cwd, uid: root ? UNPRIVILEGED_UID : undefined });
      },
      /\.env cannot be read \(EACCES\)/,
    ],
  ];

  it.each(cases)(
    'on %s, and names the fault without the value',
    async (_name, startIt, words) => {
      const service = startIt();
      expect([await service.ended, service.text]).toEqual([78, expect.stringMatching(words)]);
      expect(service.text).not.toMatch(/marker/);
      expect(service.text).not.toContain(SECRET);
    },
    30_000,
  );
});

describe('the log line at the start', () => {
  it('shows the settings from .env, which empty variables do not override', async () => {
    const service = start({ NODE_ENV: '', JWT_SECRET_KEY: '' }, PRODUCTION);
    const [line] = await service.listening();
    expect(line).toMatchObject({
      level: 30,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      mode: 'production',
      tokenEndpointAuth: 'required',
      mayAskForTokens: 'registered clients',
      settingsFile: expect.stringMatching(/\/\.env$/),
      database: expect.stringMatching(/^sqlite:\/.*\/data\/identity\.db$/),
    });
    const body = JSON.stringify({ sub: 'a', aud: 'b' });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${String(line?.['url'])}/token`, { method: 'POST', body, headers });
    expect(status).toBe(401);
    expect(service.entries(OPEN)).toEqual([]);
  }, 30_000);

  it.each([
    ['0.0.0.0', 'http://0.0.0.0:', true],
    ['127.0.0.1', 'http://127.0.0.1:', false],
    ['localhost', 'http://', false],
  ])(
    'names the URL on %s, with a warning of an open /token if others can reach it',
    async (HOST, url, warned) => {
      const service = start({ HOST });
      const [line] = await service.listening();
      expect(line).toMatchObject({ mode: 'development', mayAskForTokens: 'anyone', settingsFile: 'none' });
      expect(line?.['url']).toMatch(new RegExp(`^${url}`));
      expect(service.entries(OPEN)).toHaveLength(warned ? 1 : 0);
    },
    30_000,
  );

  it('shows the settings once for several workers, with one warning of each kind', async () => {
    const service = start({ HOST: '0.0.0.0', WORKERS: '2', TOKEN_ENDPOINT_AUTHS: 'required' });
    const lines = await service.listening(2);
    expect(new Set(lines.map(({ pid }) => pid)).size).toBe(2);
    expect(lines.filter(({ mode }) => mode === 'development')).toHaveLength(1);
    expect(service.entries(OPEN)).toEqual([expect.objectContaining({ level: 40 })]);
    expect(service.entries(/TOKEN_ENDPOINT_AUTHS .* did you mean TOKEN_ENDPOINT_AUTH\?/)).toHaveLength(1);
  }, 30_000);
});
