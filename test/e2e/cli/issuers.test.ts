import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { CommandLine } from '../../support/command-line.js';
import { Commands, type Ran } from '../../support/commands.js';
import { administerIssuers, OutsideIssuer } from '../../support/outside-issuer.js';
import { RunningApp } from '../../support/running-app.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { SyncLoop } from '../../../src/sync/sync-loop.js';
import { until } from '../../support/until.js';

/** How long the service may take to notice a change by another process. */
const SOON = 5_000;

let directory: string;
let commands: Commands;
/** The same command line in processes of its own, for what is read from standard input. */
let processes: CommandLine;
/** A service that runs all the time, on the database of the commands. */
let service: RunningApp;
let administrator: Administrator;
let issuer: OutsideIssuer;
let made = 0;

beforeAll(async () => {
  directory = temporaryDirectory();
  const databaseUrl = `sqlite:${join(directory, 'identity.db')}`;
  const environment = { DATABASE_URL: databaseUrl, KEY_ENCRYPTION_KEY: testSettings().encryptionKey };
  commands = Commands.start(environment, directory);
  processes = CommandLine.prepare().with(environment, directory);
  service = await RunningApp.start({ databaseUrl });
  useClockOfCommands();
  administrator = await Administrator.of(service);
});
beforeEach(() => {
  issuer = new OutsideIssuer(`issuer-${++made}`);
  writeFileSync(join(directory, 'keys.json'), JSON.stringify({ keys: [issuer.key.jwk] }));
  const bundle = { keys: [{ ...issuer.key.jwk, use: 'jwt-svid' }] };
  writeFileSync(join(directory, 'bundle.json'), JSON.stringify(bundle));
});
afterAll(async () => {
  await Promise.all([service.stop(), commands.end()]);
  removeTemporaryDirectories();
});

/** The commands use the clock of the machine, and a process takes a while. */
function useClockOfCommands(): void {
  service.clock.set(Date.now() / 1000);
}

const issuers = (...parameters: string[]): Promise<Ran> => commands.run('issuers', ...parameters);

/** Runs a command with `--json`, which must succeed. */
async function done(...parameters: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { refusal, json } = await issuers(...parameters, '--json');
  if (refusal !== null) throw new Error(`${parameters.join(' ')}: ${refusal}`);
  return json;
}

const file = (name: string): string => join(directory, name);
const create = (...options: string[]): Promise<Readonly<Record<string, unknown>>> =>
  done('create', '--id', issuer.id, '--issuer', issuer.issuer, ...options);
const update = (...options: string[]): Promise<Readonly<Record<string, unknown>>> =>
  done('update', issuer.id, ...options);
const shown = (): Promise<Readonly<Record<string, unknown>>> => done('show', issuer.id);

describe('identity-backend issuers, next to a running service', () => {
  it('creates, shows, changes and deletes an entry, which the service follows within 5 seconds', async () => {
    const created = await create(
      ...['--jwks', file('keys.json'), '--algorithm', 'ES256', '--audience', 'a', '--audience', 'b'],
      ...['--use', 'client_authentication', '--use', 'jwt_bearer', '--typ', 'absent', '--typ', 'at+jwt'],
      ...['--max-lifetime', '600', '--replay', 'client_authentication=once', '--subject', 'as_is'],
      ...['--claim', '/email=email', '--claim', '/a~1b=team', '--scopes-claim', '/scp'],
      ...['--id-jag', 'true', '--disabled', 'true'],
    );
    expect(created).toMatchObject({
      ...issuer.entry(),
      audiences: ['a', 'b'],
      uses: ['client_authentication', 'jwt_bearer'],
      typ: ['', 'at+jwt'],
      max_lifetime_seconds: 600,
      replay: { client_authentication: 'once', jwt_bearer: 'once', token_exchange: 'reusable' },
      subject: 'as_is',
      claims: { '/email': 'email', '/a~1b': 'team' },
      scopes_claim: '/scp',
      id_jag: true,
      disabled: true,
    });
    expect(await shown()).toEqual(created);
    const byService = async (): Promise<Readonly<Record<string, unknown>>> =>
      (await administerIssuers(service, administrator, 'GET', `/${issuer.id}`)).body;
    await until(async () => (await byService())['id'] === issuer.id, SOON);
    expect(await byService()).toEqual(created);

    const changed = await update('--use', 'jwt_bearer', '--disabled', 'false', '--subject', '-');
    expect(changed).toEqual({
      ...created,
      uses: ['jwt_bearer'],
      disabled: false,
      subject: 'prefixed',
      updated_at: expect.any(String),
    });
    await until(async () => (await byService())['disabled'] === false, SOON);
    expect(await done('delete', issuer.id)).toEqual({ id: issuer.id, deleted: true });
    await until(async () => (await byService())['code'] === 'not_found', SOON);
  }, 30_000);

  it('lists entries in the order of their IDs', async () => {
    await create('--discovery');
    const { issuers: all, next } = await done('list');
    const ids = (all as { id: string }[]).map(({ id }) => id);
    expect({ ids, next }).toEqual({ ids: [...ids].sort(), next: null });
    expect(ids).toContain(issuer.id);
  });

  it('prints plain text without --json', async () => {
    const options = ['--id', issuer.id, '--issuer', issuer.issuer, '--discovery', '--use', 'jwt_bearer'];
    const { stdout } = await issuers('create', ...options);
    expect(stdout).toMatch(new RegExp(`^id +${issuer.id}$`, 'm'));
    expect(stdout).toMatch(/^keys +\{"discovery":true\}$/m);
    expect(stdout).toMatch(/^typ +"", JWT$/m);
    expect(stdout).toMatch(/^scopes_claim +-$/m);
    expect((await issuers('list')).stdout).toContain(`${issuer.id}\t${issuer.issuer}\tjwt_bearer\n`);
    const changed = await issuers('update', issuer.id, '--disabled', 'true');
    expect(changed.stdout).toMatch(/^Changed disabled: false -> true$/m);
    expect((await issuers('list')).stdout).toContain(
      `${issuer.id}\t${issuer.issuer}\tjwt_bearer\t(disabled)`,
    );
    expect((await issuers('update', issuer.id, '--disabled', 'true')).stdout).toMatch(/^Nothing changed$/m);
    expect((await issuers('delete', issuer.id)).stdout).toBe(`Deleted ${issuer.id}\n`);
  });

  it('audits each change as one by the command line', async () => {
    const { audited: created } = await issuers(
      ...['create', '--id', issuer.id, '--issuer', issuer.issuer, '--discovery'],
    );
    const { audited: updated } = await issuers('update', issuer.id, '--disabled', 'true');
    const { audited: deleted } = await issuers('delete', issuer.id);
    expect([...created, ...updated, ...deleted]).toEqual(
      ['issuer.created', 'issuer.updated', 'issuer.deleted'].map((event) =>
        expect.objectContaining({ event, issuer: issuer.id, by: 'command line', reqId: expect.any(String) }),
      ),
    );
  });
});

describe('the keys of an entry', () => {
  it('may need files, which are stored by their absolute paths', async () => {
    const jwks_uri = 'https://10.96.0.1/openid/v1/jwks';
    const options = ['--jwks-uri', jwks_uri, '--ca-file', 'ca.crt', '--token-file', '/run/secrets/token'];
    expect((await create(...options))['keys']).toEqual({
      jwks_uri,
      ca_file: file('ca.crt'),
      token_file: '/run/secrets/token',
    });
    expect((await update('--token-file', 'token'))['keys']).toMatchObject({
      jwks_uri,
      ca_file: file('ca.crt'),
      token_file: file('token'),
    });
    expect((await update('--ca-file', '-'))['keys']).toEqual({ jwks_uri, token_file: file('token') });
  });

  it('lose their files when their URL changes', async () => {
    await create('--jwks-uri', 'https://10.96.0.1/', '--token-file', 'token');
    const { keys } = await update('--jwks-uri', 'https://10.96.0.2/');
    expect(keys).toEqual({ jwks_uri: 'https://10.96.0.2/' });
  });

  it('change from any source to any other', async () => {
    const bundle = { keys: [{ ...issuer.key.jwk, use: 'jwt-svid' }] };
    const trust_domain = `a${made}.example`;
    const domain = ['--trust-domain', trust_domain];
    const url = 'https://spire.example/bundle';
    await create('--discovery');
    const steps: [string[], object][] = [
      [['--jwks', file('keys.json')], { jwks: { keys: [issuer.key.jwk] } }],
      [['--spiffe-bundle', file('bundle.json'), ...domain], { spiffe_bundle: bundle, trust_domain }],
      [['--spiffe-bundle-uri', url], { spiffe_bundle_uri: url, trust_domain }],
      [['--jwks-uri', 'https://a.example/'], { jwks_uri: 'https://a.example/' }],
      [['--discovery'], { discovery: true }],
    ];
    for (const [options, keys] of steps) expect((await update(...options))['keys']).toEqual(keys);
  });
});

describe('issuers update', () => {
  it('replaces claims as a whole, and changes replay use by use', async () => {
    await create('--discovery', '--claim', '/a=a', '--claim', '/b=b', '--replay', 'token_exchange=once');
    expect((await update('--claim', '/c=c'))['claims']).toEqual({ '/c': 'c' });
    expect((await update('--claim', '-'))['claims']).toEqual({});
    expect((await update('--replay', 'jwt_bearer=reusable'))['replay']).toEqual({
      client_authentication: 'reusable',
      jwt_bearer: 'reusable',
      token_exchange: 'once',
    });
    expect((await update('--replay', '-'))['replay']).toMatchObject({
      jwt_bearer: 'once',
      token_exchange: 'reusable',
    });
  });

  it('restores the default of a field with -', async () => {
    const created = await create('--discovery');
    await update('--audience', 'a', '--use', 'jwt_bearer', '--typ', 'x', '--algorithm', 'EdDSA');
    await update('--scopes-claim', '/scp', '--max-lifetime', '60');
    expect(
      await update(
        ...['--audience', '-', '--use', '-', '--typ', '-', '--algorithm', '-'],
        ...['--scopes-claim', '-', '--max-lifetime', '-'],
      ),
    ).toEqual({ ...created, updated_at: expect.any(String) });
  });
});

describe('a rejected command', () => {
  it.each<[string, string[], RegExp]>([
    ['no keys', [], /keys is missing/],
    ['two sources of keys', ['--discovery', '--jwks-uri', 'https://a.example/'], /^keys must be exactly one/],
    ['files without a URL', ['--token-file', 'a'], /^keys must be exactly one/],
    ['the IP of a metadata service', ['--jwks-uri', 'https://169.254.169.254/'], /^keys\.jwks_uri/],
    ['a shared algorithm', ['--discovery', '--algorithm', 'HS256'], /^algorithms/],
    ['an unknown use', ['--discovery', '--use', 'introspection'], /^uses/],
    ['a lifetime above the limit', ['--discovery', '--max-lifetime', '86401'], /^max_lifetime_seconds/],
    ['a reserved claim', ['--discovery', '--claim', '/a=sub'], /^claims/],
  ])('reports the reason, prints nothing and changes nothing: %s', async (_name, options, words) => {
    const before = await done('list');
    const ran = await issuers('create', '--id', issuer.id, '--issuer', issuer.issuer, ...options);
    expect(ran).toMatchObject({ stdout: '', refusal: expect.stringMatching(words), audited: [] });
    expect(await done('list')).toEqual(before);
  });

  it.each([
    ['show', /Issuer not found/],
    ['delete', /Issuer not found/],
    ['update', /Nothing to change/],
  ])('names no entry: %s', async (command, words) => {
    expect((await issuers(command, 'nobody')).refusal).toMatch(words);
  });

  it('deletes no entry that a client names', async () => {
    await create('--discovery');
    const client = ['--id', `client-${made}`, '--federated-credential'];
    const credential = JSON.stringify({ issuer: issuer.id, subject: 'job' });
    expect((await commands.run('clients', 'create', ...client, credential)).refusal).toBeNull();
    expect((await issuers('delete', issuer.id)).refusal).toMatch(
      new RegExp(`The client client-${made} names this issuer`),
    );
    expect(await shown()).toMatchObject({ id: issuer.id });
  });

  it.each<[string, string[], RegExp]>([
    ['a claim without a name', ['--claim', '/a'], /name, = and a value/],
    ['a claim twice', ['--claim', '/a=a', '--claim', '/a=b'], /more than once/],
    ['- next to a claim', ['--claim', '-', '--claim', '/a=b'], /must be the only value/],
    ['a missing file', ['--jwks', 'no-such-file'], /cannot be read/],
    ['neither true nor false', ['--disabled', 'yes'], /true or false/],
  ])('has options that cannot be read: %s', async (_name, options, words) => {
    const { code, stdout, stderr } = await processes.run('issuers', 'update', 'a', ...options);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
  });
});

describe('issuers test', () => {
  const now = (): object => ({
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 300,
  });
  const test = (token: string, ...options: string[]): ReturnType<CommandLine['pipe']> =>
    processes.pipe(token, 'issuers', 'test', '--use', 'client_authentication', ...options);

  beforeEach(async () => {
    await create('--jwks', file('keys.json'), '--algorithm', 'ES256', '--use', 'client_authentication');
    await service.app.get(SyncLoop).syncNow();
    await makeClient(service, `client-${made}`, {
      federated_credentials: [{ issuer: issuer.id, subject: 'job' }],
    });
  });

  it('prints the checks and the client of a token that is accepted, and exits with 0', async () => {
    const { code, stdout } = await test(`${issuer.token({ sub: 'job', ...now() })}\n`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ok +form$/m) });
    expect(stdout).toMatch(
      new RegExp(`^accepted +true\nissuer +${issuer.id}\nclient_id +client-${made}$`, 'm'),
    );
    expect(stdout).not.toMatch(/failed|^- /m);
  });

  it('prints the check that failed, and exits with 1', async () => {
    const { code, stdout } = await test(issuer.token({ sub: 'job', aud: 'other', ...now() }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed +audience +expected \["identity-backend"\], got "other"$/m);
    expect(stdout).toMatch(/^- +subject$/m);
    expect(stdout).toMatch(/^accepted +false$/m);
  });

  it('prints JSON as the route responds', async () => {
    const token = issuer.token({ sub: 'job', aud: 'other', ...now() });
    const { code, stdout } = await test(token, '--json');
    const use = 'client_authentication';
    useClockOfCommands();
    const response = await administerIssuers(service, administrator, 'POST', '/test', { token, use });
    expect({ code, json: JSON.parse(stdout) as unknown }).toEqual({ code: 1, json: response.body });
  });

  it('neither prints nor logs the token', async () => {
    const token = issuer.token({ sub: 'job', ...now() });
    const { stdout, stderr } = await test(token);
    expect(stdout + stderr).not.toContain(token.split('.')[2]);
  });

  it.each([
    ['nothing', '', /Write the token to standard input/],
    ['more than 64 KiB', 'a'.repeat(70_000), /larger than 64 KiB/],
  ])('refuses %s on standard input', async (_name, input, words) => {
    expect(await test(input)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
  });

  it('refuses a use that it does not know, and none', async () => {
    for (const options of [['--use', 'introspection'], []]) {
      const ended = await processes.pipe('a', 'issuers', 'test', ...options);
      expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--use') });
    }
  });
});
