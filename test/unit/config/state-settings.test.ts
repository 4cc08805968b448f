import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../src/config/load-settings.js';
import { type LoadedSettings, type Settings, SettingsError } from '../../../src/config/settings.js';
import { withLocalSecrets } from '../../../src/config/with-local-secrets.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

type Variables = Readonly<Record<string, string>>;

const KEY = 'a-key-encryption-key-of-32-bytes';
const PREVIOUS_KEY = 'the-previous-key-encryption-key-012';
const POSTGRES = 'postgres://user:database-password@host/identity';
const MYSQL = 'mysql://user:database-password@host/identity';

afterAll(removeTemporaryDirectories);

/** Completes the settings as at the first start on a new database. */
const complete = (loaded: LoadedSettings): Settings =>
  withLocalSecrets(loaded, [], ['key-encryption-key', 'jwt-secret-key']);

const load = (variables: Variables = {}, directory = temporaryDirectory()): Settings =>
  complete(loadSettings(directory, { JWT_SECRET_KEY: SECRET, ...variables }));

function faultsOf(variables: Variables): readonly string[] {
  try {
    load(variables);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    expect(error.message).not.toMatch(/database-password|marker/);
    for (const secret of [SECRET, PREVIOUS_SECRET, KEY]) expect(error.message).not.toContain(secret);
    return error.faults;
  }
  return [];
}

describe('DATABASE_URL', () => {
  it('is data/identity.db in the working directory by default', () => {
    const directory = temporaryDirectory();
    expect(load({}, directory).databaseUrl).toBe(`sqlite:${directory}/data/identity.db`);
  });

  it.each([
    ['a relative path', 'sqlite:other/x.db', '/other/x.db'],
    ['a relative path after slashes', 'sqlite://other/x.db', '/other/x.db'],
    ['a path that begins with ./', 'sqlite:./x.db', '/x.db'],
  ])('resolves %s to an absolute path', (_name, DATABASE_URL, path) => {
    const directory = temporaryDirectory();
    expect(load({ DATABASE_URL }, directory).databaseUrl).toBe(`sqlite:${directory}${path}`);
  });

  it.each([
    ['sqlite:/var/lib/x.db', 'sqlite:/var/lib/x.db'],
    ['sqlite:///var/lib/x.db', 'sqlite:/var/lib/x.db'],
    ['sqlite::memory:', 'sqlite::memory:'],
    [POSTGRES, POSTGRES],
    [`${POSTGRES}?sslmode=verify-full`, `${POSTGRES}?sslmode=verify-full`],
    [MYSQL, MYSQL],
    ['mariadb://user@host:3307/identity', 'mariadb://user@host:3307/identity'],
  ])('accepts %s', (DATABASE_URL, databaseUrl) => {
    expect(load({ DATABASE_URL }).databaseUrl).toBe(databaseUrl);
  });

  it.each([
    'marker',
    'data/marker.db',
    'sqlite:',
    'sqlserver://marker/identity',
    'postgres://',
    'postgres://user:database-password@host',
    'mysql://user:database-password@host:port/identity',
  ])('rejects %s without showing it', (DATABASE_URL) => {
    expect(faultsOf({ DATABASE_URL })).toEqual([
      'DATABASE_URL must be sqlite:FILE, postgres://user:password@host/database or mysql://user:password@host/database',
    ]);
  });

  describe.each([
    ['PostgreSQL', POSTGRES],
    ['MySQL', MYSQL],
  ])('with TLS parameters for %s', (_name, url) => {
    it.each(['disable', 'require', 'verify-ca', 'verify-full'])('accepts sslmode=%s', (mode) => {
      expect(load({ DATABASE_URL: `${url}?sslmode=${mode}` }).databaseUrl).toBe(`${url}?sslmode=${mode}`);
    });

    it.each([
      ['ssl=marker', 'has a parameter other than sslmode, sslrootcert'],
      ['sslmode=prefer', 'has an sslmode other than disable, require, verify-ca, verify-full'],
      ['sslmode=', 'has an empty parameter'],
      ['sslmode=require&sslmode=disable', 'has a parameter twice'],
      ['sslrootcert=marker.pem', 'has sslrootcert without sslmode'],
      ['sslmode=verify-full&sslrootcert=', 'has an empty parameter'],
    ])('rejects %s', (search, words) => {
      const faults = faultsOf({ DATABASE_URL: `${url}?${search}` });
      expect(faults).toEqual([expect.stringMatching(`^DATABASE_URL ${words}`)]);
      expect(faults.join()).not.toContain('marker');
    });

    it('resolves sslrootcert against the working directory', () => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'a root.pem'), rootCertificates[0] ?? '');
      expect(
        load({ DATABASE_URL: `${url}?sslrootcert=a%20root.pem&sslmode=verify-full` }, directory).databaseUrl,
      ).toBe(`${url}?sslrootcert=${encodeURIComponent(`${directory}/a root.pem`)}&sslmode=verify-full`);
    });

    it.each<[string, string | undefined, RegExp]>([
      ['is missing', undefined, /cannot be read \(ENOENT\)/],
      ['is empty', '', /no certificate in PEM/],
      ['holds no PEM', 'marker', /no certificate in PEM/],
      [
        'holds PEM other than a certificate',
        '-----BEGIN PUBLIC KEY-----\nmarker\n-----END PUBLIC KEY-----\n',
        /no certificate/,
      ],
      [
        'holds a malformed certificate',
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        /cannot be read/,
      ],
    ])('rejects an sslrootcert that %s', (_case, content, reason) => {
      const path = join(temporaryDirectory(), 'marker.pem');
      if (content !== undefined) writeFileSync(path, content);
      for (const mode of ['disable', 'require', 'verify-ca', 'verify-full']) {
        const faults = faultsOf({ DATABASE_URL: `${url}?sslmode=${mode}&sslrootcert=${path}` });
        expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL: sslrootcert /)]);
        expect(faults[0]).toMatch(reason);
      }
    });

    it('rejects an sslrootcert that is a folder or a device', () => {
      for (const path of [temporaryDirectory(), '/dev/zero']) {
        expect(faultsOf({ DATABASE_URL: `${url}?sslmode=verify-ca&sslrootcert=${path}` })).toEqual([
          'DATABASE_URL: sslrootcert is not a file',
        ]);
      }
    });
  });

  it('rejects TLS parameters with SQLite', () => {
    expect(faultsOf({ DATABASE_URL: 'sqlite:data/identity.db?sslmode=verify-full' })).toEqual([
      'DATABASE_URL has parameters for TLS, which an SQLite file does not use',
    ]);
  });

  describe('notice about TLS', () => {
    const noticesOf = (DATABASE_URL: string, NODE_ENV: string) =>
      load({ DATABASE_URL, NODE_ENV, JWT_SECRET_KEY: SECRET, KEY_ENCRYPTION_KEY: KEY }).notices.filter(
        (notice) => notice.includes('DATABASE_URL'),
      );

    it.each([POSTGRES, MYSQL, `${POSTGRES}?sslmode=disable`])(
      'is given, in production only, for another machine without TLS: %s',
      (url) => {
        expect(noticesOf(url, 'production')).toEqual([
          expect.stringMatching(/without TLS.*sslmode=verify-full$/),
        ]);
        expect(noticesOf(url, 'development')).toEqual([]);
      },
    );

    it.each([
      `${POSTGRES}?sslmode=require`,
      `${MYSQL}?sslmode=verify-full`,
      'postgres://user@localhost/identity',
      'mysql://user@127.0.0.1/identity',
      'postgres://user@%2Frun%2Fpostgresql/identity',
      'sqlite:data/identity.db',
    ])('is not given with TLS or for this machine: %s', (url) => {
      expect(noticesOf(url, 'production')).toEqual([]);
    });
  });
});

describe('KEY_ENCRYPTION_KEY', () => {
  const production = { NODE_ENV: 'production' };

  it.each([
    ['outside production with SQLite', {}],
    ['outside production with PostgreSQL', { DATABASE_URL: POSTGRES }],
    ['in production with SQLite', production],
  ])('is created and kept in data/ if missing, %s', (_name, variables) => {
    const directory = temporaryDirectory();
    const { encryptionKey } = load(variables, directory);
    const path = join(directory, 'data', 'key-encryption-key');
    expect(Buffer.byteLength(encryptionKey)).toBeGreaterThanOrEqual(32);
    expect(readFileSync(path, 'utf8')).toBe(encryptionKey);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(load(variables, directory).encryptionKey).toBe(encryptionKey);
    expect(encryptionKey).not.toBe(load(variables).encryptionKey);
  });

  it('is not derived from the shared secret and differs from a created one', () => {
    const directory = temporaryDirectory();
    const { encryptionKey, secret } = complete(loadSettings(directory, {}));
    expect(encryptionKey).not.toBe(secret);
    expect(load({}, directory).encryptionKey).toBe(
      load({ JWT_SECRET_KEY: PREVIOUS_SECRET }, directory).encryptionKey,
    );
  });

  it.each([
    ['PostgreSQL', POSTGRES],
    ['MySQL', MYSQL],
  ])('is required in production with %s, because instances share it', (_name, DATABASE_URL) => {
    expect(faultsOf({ ...production, DATABASE_URL })).toEqual([
      'KEY_ENCRYPTION_KEY is required in production with PostgreSQL or MySQL',
    ]);
    expect(load({ ...production, DATABASE_URL, KEY_ENCRYPTION_KEY: KEY }).encryptionKey).toBe(KEY);
  });

  it('is used byte for byte if given, and none is created', () => {
    const directory = temporaryDirectory();
    expect(load({ KEY_ENCRYPTION_KEY: ` ${KEY},"` }, directory).encryptionKey).toBe(` ${KEY},"`);
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  it('must be at least 32 bytes long, not 32 characters', () => {
    expect(faultsOf({ KEY_ENCRYPTION_KEY: KEY.slice(1) })).toEqual(['KEY_ENCRYPTION_KEY is under 32 bytes']);
    expect(load({ KEY_ENCRYPTION_KEY: 'é'.repeat(16) }).encryptionKey).toBe('é'.repeat(16));
  });

  it.each([
    ['the shared secret', { KEY_ENCRYPTION_KEY: SECRET }],
    [
      'a previous shared secret',
      { KEY_ENCRYPTION_KEY: PREVIOUS_SECRET, JWT_SECRET_KEY_PREVIOUS: `x,${PREVIOUS_SECRET}` },
    ],
  ])('is rejected if it is %s, which others hold', (_name, variables) => {
    expect(faultsOf(variables)).toEqual(['KEY_ENCRYPTION_KEY is the shared secret, which others hold']);
  });

  it('is rejected by name if its file in data/ is empty', () => {
    const directory = temporaryDirectory();
    load({}, directory);
    writeFileSync(join(directory, 'data', 'key-encryption-key'), '');
    expect(() => load({}, directory)).toThrow(
      /KEY_ENCRYPTION_KEY is not set, and none can be kept in data\/: .* is empty/,
    );
  });
});

describe('a weak KEY_ENCRYPTION_KEY', () => {
  const WEAK = [
    ' '.repeat(64),
    '\n'.repeat(64),
    '\t \r\n'.repeat(16),
    'changeme'.repeat(4),
    'ChangeMe-'.repeat(4),
    '<strong-shared-secret><strong-shared-secret>',
    'a'.repeat(32),
    'abc'.repeat(20),
    `changeme${' '.repeat(56)}`,
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----',
    '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}',
  ];

  it.each(WEAK)('%j is rejected in production and causes a notice elsewhere', (key) => {
    const faults = faultsOf({ NODE_ENV: 'production', KEY_ENCRYPTION_KEY: key });
    expect(faults).toEqual([expect.stringMatching(/^KEY_ENCRYPTION_KEY is /)]);
    expect(load({ KEY_ENCRYPTION_KEY: key }).notices).toEqual(faults);
  });

  it.each(WEAK)(
    '%j as the shared secret is rejected in production and causes a notice elsewhere',
    (secret) => {
      const variables = { NODE_ENV: 'production', JWT_SECRET_KEY: secret };
      expect(faultsOf(variables)).toEqual([expect.stringMatching(/^JWT_SECRET_KEY is /)]);
      expect(
        faultsOf({ NODE_ENV: 'production', JWT_SECRET_KEY_PREVIOUS: secret.replaceAll(',', '\\,') }),
      ).toEqual([expect.stringMatching(/^JWT_SECRET_KEY_PREVIOUS is /)]);
      expect(load({ JWT_SECRET_KEY: secret }).notices).toContainEqual(
        expect.stringMatching(/^JWT_SECRET_KEY is /),
      );
    },
  );

  it('that an operator wrote to data/ is subject to the same rules', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'key-encryption-key'), 'changeme'.repeat(4));
    const refused = 'KEY_ENCRYPTION_KEY is a known placeholder';
    expect(() => load({ NODE_ENV: 'production' }, directory)).toThrow(refused);
    expect(load({}, directory).notices).toEqual([refused]);
    writeFileSync(join(directory, 'data', 'key-encryption-key'), `${SECRET}\n`);
    expect(() => load({}, directory)).toThrow('KEY_ENCRYPTION_KEY is the shared secret, which others hold');
  });

  it('that is a previous one causes only a notice, in production too', () => {
    const variables = {
      NODE_ENV: 'production',
      KEY_ENCRYPTION_KEY: KEY,
      KEY_ENCRYPTION_KEY_PREVIOUS: 'a'.repeat(32),
    };
    expect(load(variables)).toMatchObject({
      previousEncryptionKeys: ['a'.repeat(32)],
      notices: ['KEY_ENCRYPTION_KEY_PREVIOUS is a known placeholder'],
    });
  });

  it.each([
    `${SECRET} `,
    ` ${SECRET}`,
    `${SECRET}\n`,
    `${SECRET}\r\n`,
    `"${SECRET}"`,
    `'${SECRET}'`,
    ` "${SECRET}"\n`,
    `${SECRET}\u00A0`,
    `${PREVIOUS_SECRET} `,
  ])('is rejected in every mode if it is a shared secret plus whitespace or quotes: %j', (key) => {
    for (const NODE_ENV of ['production', 'development', 'test']) {
      const variables = { NODE_ENV, KEY_ENCRYPTION_KEY: key, JWT_SECRET_KEY_PREVIOUS: PREVIOUS_SECRET };
      expect(faultsOf(variables)).toEqual(['KEY_ENCRYPTION_KEY is the shared secret, which others hold']);
    }
  });

  it('is rejected if JWT_SECRET_KEY is the same plus whitespace or quotes', () => {
    expect(faultsOf({ KEY_ENCRYPTION_KEY: SECRET, JWT_SECRET_KEY: ` ${SECRET}"` })).toEqual([
      'KEY_ENCRYPTION_KEY is the shared secret, which others hold',
    ]);
  });
});

describe('KEY_ENCRYPTION_KEY_PREVIOUS', () => {
  it.each<[string, string | undefined, readonly string[]]>([
    ['no key', undefined, []],
    ['one key', PREVIOUS_KEY, [PREVIOUS_KEY]],
    ['several keys', `${PREVIOUS_KEY},${KEY}`, [PREVIOUS_KEY, KEY]],
    ['a key with a comma', `${PREVIOUS_KEY}\\,x`, [`${PREVIOUS_KEY},x`]],
  ])('accepts %s', (_name, text, keys) => {
    const variables: Variables = text === undefined ? {} : { KEY_ENCRYPTION_KEY_PREVIOUS: text };
    expect(load(variables).previousEncryptionKeys).toEqual(keys);
  });

  it.each([`${PREVIOUS_KEY},`, `,${PREVIOUS_KEY}`, 'marker', `${PREVIOUS_KEY},marker`])(
    'rejects %j',
    (text) => {
      expect(faultsOf({ KEY_ENCRYPTION_KEY_PREVIOUS: text })).toEqual([
        'KEY_ENCRYPTION_KEY_PREVIOUS has an entry under 32 bytes',
      ]);
    },
  );
});

describe('AUTH_FAILURE_MAX', () => {
  it.each<[string, Variables, number]>([
    ['10 by default', {}, 10],
    ['10 in production too', { NODE_ENV: 'production' }, 10],
    ['the given number', { AUTH_FAILURE_MAX: '3' }, 3],
    ['0 for no limit', { AUTH_FAILURE_MAX: '0' }, 0],
    ['at most a million', { AUTH_FAILURE_MAX: '1000000' }, 1_000_000],
  ])('is %s', (_name, variables, authFailureMax) => {
    expect(load(variables).authFailureMax).toBe(authFailureMax);
  });

  it.each(['-1', '1.5', '1e3', '1000001', '5 5', 'marker', 'Infinity'])('rejects %j', (AUTH_FAILURE_MAX) => {
    expect(faultsOf({ AUTH_FAILURE_MAX })).toEqual([
      'AUTH_FAILURE_MAX must be a whole number from 0 to 1000000',
    ]);
  });
});

describe('REDIS_URL', () => {
  it('is undefined by default', () => {
    expect(load().redisUrl).toBeUndefined();
  });

  it.each([
    'redis://127.0.0.1:6379',
    'rediss://user:word@redis.example:6380/1',
    'redis://[::1]',
    'redis://:word@host',
  ])('accepts %s', (REDIS_URL) => {
    expect(load({ REDIS_URL }).redisUrl).toBe(REDIS_URL);
  });

  it.each([
    'marker',
    'marker:6379',
    'http://marker',
    'redis:marker',
    'redis://',
    'redis:///marker',
    'redis://marker:port',
    'REDIS://marker',
  ])('rejects %s', (REDIS_URL) => {
    expect(faultsOf({ REDIS_URL })).toEqual(['REDIS_URL must be redis://host:port or rediss://host:port']);
  });
});

it('all faults of these settings are reported at once', () => {
  const faults = faultsOf({
    DATABASE_URL: 'marker',
    KEY_ENCRYPTION_KEY: 'marker',
    KEY_ENCRYPTION_KEY_PREVIOUS: 'marker',
    AUTH_FAILURE_MAX: 'marker',
    REDIS_URL: 'marker',
  });
  expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual([
    'AUTH_FAILURE_MAX',
    'DATABASE_URL',
    'KEY_ENCRYPTION_KEY',
    'KEY_ENCRYPTION_KEY_PREVIOUS',
    'REDIS_URL',
  ]);
});
