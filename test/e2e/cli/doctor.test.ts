import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandLine, type Ended } from '../../support/command-line.js';
import { RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories } from '../../support/temporary-directory.js';

const BASE_PATH = '/identity-backend';
const CLOSED_URL = 'http://127.0.0.1:1';

let cli: CommandLine;
let issuer: string;
/** The service that the doctor checks, and its peers. */
let services: Record<'itself' | 'previous' | 'other' | 'closed', RunningApp>;
beforeAll(async () => {
  const first = await RunningApp.start();
  const { port } = new URL(first.origin);
  await first.stop();
  issuer = `http://127.0.0.1:${port}${BASE_PATH}`;
  const settings = { issuer, basePath: BASE_PATH };
  services = {
    itself: await RunningApp.start({ ...settings, port: Number(port) }),
    previous: await RunningApp.start({ ...settings, secret: PREVIOUS_SECRET }),
    other: await RunningApp.start({ ...settings, secret: `${SECRET}\n`, lifetimeSeconds: 60 }),
    closed: await RunningApp.start({ ...settings, debugEnv: false }),
  };
  cli = CommandLine.prepare().with({
    JWT_SECRET_KEY: SECRET,
    JWT_SECRET_KEY_PREVIOUS: PREVIOUS_SECRET,
    JWT_ISSUER: issuer,
    NO_PROXY: '127.0.0.1',
  });
  await cli.run('clients', 'create', '--id', 'first');
}, 60_000);
afterAll(async () => {
  await Promise.all(Object.values(services).map((each) => each.stop()));
  removeTemporaryDirectories();
});

const linesOf = ({ stdout }: Ended): string[] =>
  (JSON.parse(stdout) as { findings: { verdict: string; about: string }[] }).findings.map(
    ({ verdict, about }) => `${verdict}: ${about.replaceAll(issuer, 'ISSUER')}`,
  );

describe('identity-backend doctor', () => {
  it('reports that the URLs for clients respond and that the peer has the same settings', async () => {
    const ended = await cli.run('doctor', '--json', '--peer', issuer);
    expect(linesOf(ended)).toEqual([
      'ok: The settings are valid, the database responds and its keys decrypt',
      'ok: ISSUER/.well-known/jwks.json answers',
      'ok: ISSUER/.well-known/openid-configuration answers',
      'ok: ISSUER/.well-known/oauth-authorization-server answers',
      expect.stringMatching(
        /^note: .*\/\.well-known\/oauth-authorization-server\/identity-backend: answers 404$/,
      ),
      'ok: The peer has the same shared secret',
      'ok: The peer has the same JWT_ISSUER',
      'ok: The peer has the same JWT_EXPIRATION_MINUTES',
    ]);
    expect(ended.code).toBe(0);
  });

  it.each([
    ['previous', 0, /^note {3}The peer signs with a secret that is in JWT_SECRET_KEY_PREVIOUS here$/m],
    ['other', 1, /^wrong {2}The peer has another shared secret$[^]*^note {3}.*JWT_EXPIRATION_MINUTES$/m],
    ['closed', 0, /^note {3}The \/debug-env of the peer is off: set DEBUG_ENV=true there/m],
  ] as const)('compares a peer (%s), and exits %s', async (name, code, words) => {
    const ended = await cli.run('doctor', '--peer', services[name].origin + BASE_PATH);
    expect(ended).toMatchObject({ code, stdout: expect.stringMatching(words) });
    expect(ended.stdout + ended.stderr).not.toContain(SECRET);
  });

  it('reports that neither the service nor the peer responds, and exits 1', async () => {
    const ended = await cli.with({ JWT_ISSUER: CLOSED_URL }).run('doctor', '--peer', CLOSED_URL);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^wrong {2}http:\/\/127\.0\.0\.1:1\/\.well-known\/jwks\.json: \S/m);
    expect(ended.stdout).toMatch(/^wrong {2}The peer does not respond: \S/m);
  });

  it('notes that JWT_ISSUER is not a URL, and exits 0', async () => {
    const { code, stdout } = await cli.with({ JWT_ISSUER: 'identity-backend' }).run('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note {3}JWT_ISSUER is not a URL/m);
  });

  it('rejects a --peer that is not a URL, and exits 1', async () => {
    const { code, stderr } = await cli.run('doctor', '--peer', 'localhost:3000');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/--peer is not an http or https URL/),
    });
  });
});
