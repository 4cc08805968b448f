import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { givenValues, type Variables } from '../../../src/config/given-values.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { SettingsError } from '../../../src/config/settings.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

function withDotEnv(content: string | Buffer): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, '.env'), content);
  return directory;
}

const faultsOf = (content: string | Buffer): readonly string[] => givenValues(withDotEnv(content), {}).faults;

const PRODUCTION = `NODE_ENV='production'\nJWT_SECRET_KEY='${SECRET}'\n`;

describe('the environment and .env', () => {
  it.each<[string, Variables]>([
    ['no variables', {}],
    ['empty variables', { NODE_ENV: '', JWT_SECRET_KEY: '' }],
    ['variables of only whitespace', { NODE_ENV: ' \t\r\n', JWT_SECRET_KEY: '' }],
    ['undefined variables', { NODE_ENV: undefined, JWT_SECRET_KEY: undefined }],
  ])('.env applies if the environment has %s', (_name, variables) => {
    const settings = loadSettings(withDotEnv(PRODUCTION), variables);
    expect(settings).toMatchObject({
      production: true,
      mode: 'production',
      tokenEndpointAuth: 'required',
      secret: SECRET,
    });
  });

  it.each(['production', ' production', 'production ', 'production\r', 'production\n', '\tproduction\r\n'])(
    'NODE_ENV %j is production',
    (NODE_ENV) => {
      const variables = { NODE_ENV, JWT_SECRET_KEY: SECRET };
      expect(loadSettings(temporaryDirectory(), variables)).toMatchObject({ mode: 'production' });
    },
  );

  it.each([
    'Production',
    'PRODUCTION',
    'prod',
    "'production'",
    '"production"',
    'production;',
    'production\u00A0',
    'produktion',
    'staging',
    'dev',
    'true',
    'production production',
    'production\0',
  ])('NODE_ENV %j is rejected, in the environment and in .env', (NODE_ENV) => {
    const fault = 'NODE_ENV must be one of production, development, test';
    for (const variables of [{ NODE_ENV }, { NODE_ENV, JWT_SECRET_KEY: SECRET }]) {
      expect(() => loadSettings(temporaryDirectory(), variables)).toThrow(fault);
    }
    if (NODE_ENV.includes('\0')) return;
    expect(() => loadSettings(withDotEnv(`NODE_ENV="${NODE_ENV.replaceAll('"', "'")}"\n`), {})).toThrow(
      fault,
    );
  });

  it.each([
    ['development', 'development'],
    ['test', 'test'],
    [undefined, 'development'],
  ])('NODE_ENV %j is not production', (NODE_ENV, mode) => {
    const settings = loadSettings(temporaryDirectory(), { NODE_ENV });
    expect(settings).toMatchObject({ mode, production: false });
  });

  it('whitespace and line ends are trimmed from every value except secrets', () => {
    const variables = {
      PORT: ' 4000\n',
      HOST: '\t::1\r\n',
      JWT_ISSUER: ' https://id.example ',
      JWT_ALGORITHM: 'ES256|HS256\r',
      TOKEN_ENDPOINT_AUTH: 'required ',
      DATABASE_URL: ' sqlite::memory: ',
      JWT_SECRET_KEY: ` ${SECRET}\n`,
      JWT_SECRET_KEY_PREVIOUS: `\t${SECRET}2 `,
      KEY_ENCRYPTION_KEY: ` the-key-that-encrypts-of-these-tests `,
      KEY_ENCRYPTION_KEY_PREVIOUS: `the-previous-key-that-encrypts-of-these-tests\r\n`,
    };
    expect(loadSettings(temporaryDirectory(), variables)).toMatchObject({
      port: 4000,
      host: '::1',
      issuer: 'https://id.example',
      algorithms: ['ES256', 'HS256'],
      tokenEndpointAuth: 'required',
      databaseUrl: 'sqlite::memory:',
      secret: ` ${SECRET}\n`,
      previousSecrets: [`\t${SECRET}2 `],
      encryptionKey: ' the-key-that-encrypts-of-these-tests ',
      previousEncryptionKeys: ['the-previous-key-that-encrypts-of-these-tests\r\n'],
    });
  });

  it('a secret of only whitespace is rejected as weak, not ignored as empty', () => {
    const read = (): unknown =>
      loadSettings(withDotEnv(PRODUCTION), { NODE_ENV: 'production', JWT_SECRET_KEY: ' '.repeat(64) });
    expect(read).toThrow('JWT_SECRET_KEY is nothing but white space');
  });

  it('only settings are read from the environment', () => {
    const variables = JSON.parse(
      '{"__proto__":"x","constructor":"x","toString":"x","PORT":"1"}',
    ) as Variables;
    expect(givenValues(temporaryDirectory(), variables).values).toEqual({ PORT: '1' });
  });
});

describe('.env', () => {
  it('is reported as settingsFile, which is undefined if there is no .env', () => {
    const directory = withDotEnv('PORT=1\n');
    expect(loadSettings(directory, { JWT_SECRET_KEY: SECRET }).settingsFile).toBe(join(directory, '.env'));
    expect(loadSettings(temporaryDirectory(), { JWT_SECRET_KEY: SECRET }).settingsFile).toBeUndefined();
  });

  it('may begin with a byte order mark and have CRLF line ends', () => {
    const directory = withDotEnv(`\uFEFF${PRODUCTION.replaceAll('\n', '\r\n')}`);
    expect(loadSettings(directory, {})).toMatchObject({ production: true, secret: SECRET });
  });

  it.each([
    ['Latin-1', Buffer.from("PORT=1\n# caf\xE9\nNODE_ENV='production'\n", 'latin1'), 2],
    ['Latin-1 in a value', Buffer.from("PORT=1\n\nJWT_ISSUER='caf\xE9'\n", 'latin1'), 3],
    ['UTF-16 with a byte order mark', Buffer.from('\uFEFFNODE_ENV=production\n', 'utf16le'), 1],
    ['UTF-16 without one', Buffer.from('NODE_ENV=production', 'utf16le'), 1],
    ['a truncated character', Buffer.from([...Buffer.from('A=1\nB=é')].slice(0, -1)), 2],
    ['an encoded surrogate', Buffer.from([0x41, 0x3d, 0xed, 0xa0, 0x80]), 1],
  ])('is rejected with the line number if it is not UTF-8: %s', (_name, bytes, line) => {
    const faults = faultsOf(bytes);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`\\.env line ${line} is `));
  });

  it('is rejected with the number of every invalid line, together with other faults', () => {
    const directory = withDotEnv("NODE_ENV production\nPORT=marker\n\n'quoted'\n");
    const read = (): unknown => loadSettings(directory, { JWT_EXPIRATION_MINUTES: '0' });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/\.env line 1 is [^]*\.env line 4 is [^]*JWT_EXPIRATION_MINUTES [^]*PORT /);
    expect(read).not.toThrow(/marker|quoted/);
  });

  it('is rejected if it is a directory', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, '.env'));
    expect(givenValues(directory, {}).faults).toEqual([`${directory}/.env cannot be read (EISDIR)`]);
  });

  it('is rejected if it is a dangling link', () => {
    const directory = temporaryDirectory();
    symlinkSync('/nowhere/at/all', join(directory, '.env'));
    expect(givenValues(directory, {}).faults).toEqual([`${directory}/.env cannot be read (ENOENT)`]);
  });

  it('is rejected if it links to itself', () => {
    const directory = temporaryDirectory();
    symlinkSync('.env', join(directory, '.env'));
    expect(givenValues(directory, {}).faults).toEqual([`${directory}/.env cannot be read (ELOOP)`]);
  });

  it('is rejected if it is larger than 1 MiB', () => {
    expect(faultsOf(`# ${'x'.repeat(1024 * 1024)}`)).toEqual([expect.stringMatching(/ is over 1 MiB$/)]);
  });

  it('leaves no data folder behind if it has faults', () => {
    const directory = withDotEnv('wrong\n');
    expect(() => loadSettings(directory, {})).toThrow('line 1');
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });
});
