import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Commands, type Ran } from '../../support/commands.js';
import { OutsideIssuer } from '../../support/outside-issuer.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const KEY = 'a-key-encryption-key-of-32-bytes';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

let commands: Commands;
let made = 0;
let id: string;

beforeAll(async () => {
  commands = Commands.start({ KEY_ENCRYPTION_KEY: KEY }, temporaryDirectory());
  await commands.run('clients', 'create', '--create', '--id', 'first');
  for (const entry of ['ci', 'idp']) {
    const { issuer } = new OutsideIssuer(entry);
    const { refusal } = await commands.run(
      ...['issuers', 'create', '--id', entry, '--issuer', issuer, '--discovery'],
    );
    expect(refusal).toBeNull();
  }
}, 30_000);
beforeEach(() => {
  id = `client-${++made}`;
});
afterAll(async () => {
  await commands.end();
  removeTemporaryDirectories();
});

const create = (...options: string[]): Promise<Ran> =>
  commands.run('clients', 'create', '--id', id, ...options);
const update = (...options: string[]): Promise<Ran> => commands.run('clients', 'update', id, ...options);
const credential = (fields: object = {}): string =>
  JSON.stringify({ issuer: 'ci', subject: `job-${made}`, ...fields });

describe('clients create', () => {
  const options = (): string[] => [
    ...['--federated-credential', credential()],
    ...[
      '--federated-credential',
      credential({ subject: `a:b-${made}:*`, claims: { '/env': ['prod', 'stage'] } }),
    ],
    ...['--workload-grant', 'true', '--grant-type', JWT_BEARER],
    ...['--jwt-bearer', '{"issuers":["idp"],"limit_to_assertion":false}'],
    ...['--auth-method', 'federated', '--auth-method', 'private_key_jwt'],
  ];

  it('registers a federated client, which has no secret', async () => {
    const { json, refusal } = await create(...options(), '--json');
    expect([refusal, json]).toEqual([
      null,
      expect.objectContaining({
        federated_credentials: [
          { issuer: 'ci', subject: `job-${made}`, claims: {} },
          { issuer: 'ci', subject: `a:b-${made}:*`, claims: { '/env': ['prod', 'stage'] } },
        ],
        workload_grant: true,
        jwt_bearer: { issuers: ['idp'], impersonate: [], limit_to_assertion: false },
        token_endpoint_auth_methods: ['federated', 'private_key_jwt'],
        secrets: [],
      }),
    ]);
    expect(Object.keys(json)).not.toContain('client_secret');
    expect((await commands.run('clients', 'show', id, '--json')).json).toEqual(json);
  });

  it('prints no secret for people either, and every credential', async () => {
    const { stdout } = await create(...options());
    expect(stdout).not.toContain('client_secret ');
    expect(stdout).toContain(
      `federated_credentials        {"issuer":"ci","subject":"job-${made}","claims":{}}, {`,
    );
    expect(stdout).toMatch(/^token_endpoint_auth_methods {2}federated, private_key_jwt$/m);
    expect(stdout).toMatch(/^workload_grant +true$/m);
  });

  it.each<[string, string[], RegExp]>([
    [
      'an unknown issuer',
      ['--federated-credential', '{"issuer":"x","subject":"job"}'],
      /no trusted issuer "x"/,
    ],
    [
      'a wildcard',
      ['--federated-credential', '{"issuer":"ci","subject":"*"}'],
      /^federated_credentials entry 0/,
    ],
    ['an unknown method', ['--auth-method', 'none'], /^token_endpoint_auth_methods /],
    ['users of an unknown issuer', ['--jwt-bearer', '{"issuers":["x"]}'], /no trusted issuer "x"/],
  ])('refuses %s', async (_name, refused, words) => {
    expect((await create(...refused)).refusal).toMatch(words);
  });
});

describe('clients update', () => {
  beforeEach(async () => {
    expect(
      (await create('--federated-credential', credential(), '--auth-method', 'federated')).refusal,
    ).toBeNull();
  });

  it.each<[string[], RegExp]>([
    [['--workload-grant', 'true'], /^Changed workload_grant: false -> true$/m],
    [['--auth-method', '-'], /^Changed token_endpoint_auth_methods: federated -> -$/m],
    [['--auth-method', 'federated'], /^Nothing changed$/m],
    [['--jwt-bearer', '{"issuers":["idp"]}'], /^Changed jwt_bearer: - -> \{"issuers":\["idp"\],/m],
    [
      ['--federated-credential', '{"issuer":"idp","subject":"x"}'],
      /^Changed federated_credentials: .* -> \{"issuer":"idp"/m,
    ],
  ])('%j says what it changed', async (options, words) => {
    const { stdout, refusal } = await update(...options);
    expect(refusal).toBeNull();
    expect(stdout).toMatch(words);
  });

  it('resets jwt_bearer and empties the credentials by -', async () => {
    await update('--jwt-bearer', '{"issuers":["idp"]}', '--auth-method', '-');
    await commands.run('clients', 'secrets', 'add', id);
    const { json } = await update('--jwt-bearer', '-', '--federated-credential', '-', '--json');
    expect(json).toMatchObject({ jwt_bearer: null, federated_credentials: [] });
  });

  it('refuses to remove the last credentials, and to add a secret that cannot be used', async () => {
    expect((await update('--federated-credential', '-')).refusal).toMatch(/could not authenticate/);
    expect((await update('--auth-method', 'client_secret_basic')).refusal).toMatch(/could not authenticate/);
    expect((await commands.run('clients', 'secrets', 'add', id)).refusal).toMatch(/allow no secret/);
  });
});

describe('issuers delete', () => {
  it('refuses an entry that a client names', async () => {
    await create('--federated-credential', credential());
    expect((await commands.run('issuers', 'delete', 'ci')).refusal).toMatch(
      /The client \S+ names this issuer/,
    );
  });
});
