import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  crossesNetworkInPlainText,
  databaseAddress,
  databaseKind,
  displayDatabase,
  isThisMachine,
  parseDatabaseUrl,
  sqlitePath,
} from '../../../src/database/database-url.js';

describe('databaseKind', () => {
  it.each([
    ['sqlite:data/identity.db', 'sqlite'],
    ['sqlite:/var/lib/identity.db', 'sqlite'],
    ['sqlite://data/identity.db', 'sqlite'],
    ['sqlite:///var/lib/identity.db', 'sqlite'],
    ['sqlite::memory:', 'sqlite'],
    ['sqlite:a file with spaces?.db', 'sqlite'],
    ['postgres://host/database', 'postgres'],
    ['postgres://user:password@host:5433/database', 'postgres'],
    ['postgresql://user@host/database?sslmode=verify-full', 'postgres'],
    ['postgres://user:p%40ss%2Fword@[::1]/database', 'postgres'],
    ['mysql://user:password@host:3307/database', 'mysql'],
    ['mariadb://user@[::1]/database', 'mysql'],
    ['mysql://user@host/database?sslmode=verify-full&sslrootcert=/etc/ca.pem', 'mysql'],
    ['postgres://user@%2Fvar%2Frun%2Fpostgresql/database', 'postgres'],
    ['postgres://user@localhost/database?host=/run/postgresql&application_name=identity', 'postgres'],
  ])('recognizes %s', (url, kind) => {
    expect(databaseKind(url)).toBe(kind);
  });

  it.each([
    ['no text', ''],
    ['no scheme', 'data/identity.db'],
    ['an unknown scheme', 'mongodb://host/database'],
    ['a scheme in capitals', 'SQLITE:data/identity.db'],
    ['a scheme from Object.prototype', 'constructor:x'],
    ['a leading space', ' sqlite:data/identity.db'],
    ['no file', 'sqlite:'],
    ['no file after the slashes', 'sqlite://'],
    ['no slashes', 'postgres:host/database'],
    ['no host', 'postgres:///database'],
    ['no database', 'postgres://user@host'],
    ['no database after the slash', 'mysql://user@host/'],
    ['a port that is not a number', 'postgres://user@host:port/database'],
    ['a port over 65535', 'mysql://user@host:65536/database'],
    ['a password with a stray percent sign', 'postgres://user:100%@host/database'],
    ['a user that is not UTF-8', 'mysql://us%FFer@host/database'],
    ['an unsupported parameter', 'mysql://user@host/database?ssl=true'],
    ['a fragment', 'postgres://user@host/database#sslmode=require'],
    ['TLS parameters for SQLite', 'sqlite:data/identity.db?sslmode=require'],
  ])('returns undefined for a URL with %s', (_name, url) => {
    expect(databaseKind(url)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'sqlite:', 'postgres://', 'mysql://', 'mariadb:'),
        fc.string({ unit: 'binary' }),
        (scheme, rest) => {
          expect(['sqlite', 'postgres', 'mysql', undefined]).toContain(databaseKind(scheme + rest));
        },
      ),
    );
  });
});

describe('sqlitePath', () => {
  it.each([
    ['sqlite:data/identity.db', 'data/identity.db'],
    ['sqlite://data/identity.db', 'data/identity.db'],
    ['sqlite:///data/identity.db', '/data/identity.db'],
    ['sqlite:/data/identity.db', '/data/identity.db'],
    ['sqlite:../identity.db', '../identity.db'],
    ['sqlite::memory:', ':memory:'],
    ['sqlite:sqlite:x', 'sqlite:x'],
  ])('of %s is %s', (url, path) => {
    expect(sqlitePath(url)).toBe(path);
  });
});

describe('the parameters of a server URL', () => {
  const parametersOf = (search: string, scheme = 'postgres') => {
    const parsed = parseDatabaseUrl(`${scheme}://user:password@host/database${search}`);
    if (!('kind' in parsed)) return parsed.parameters;
    const { tls } = parsed as { tls?: unknown };
    return { tls };
  };

  describe.each(['postgres', 'postgresql', 'mysql', 'mariadb'])('of %s', (scheme) => {
    it.each([
      ['', undefined],
      ['?', undefined],
      ['?sslmode=disable', { mode: 'disable' }],
      ['?sslmode=require', { mode: 'require' }],
      ['?sslmode=verify-ca', { mode: 'verify-ca' }],
      ['?sslmode=verify-full', { mode: 'verify-full' }],
      ['?sslmode=verify%2Dfull', { mode: 'verify-full' }],
      ['?sslmode=require&sslrootcert=/etc/ca.pem', { mode: 'require', rootFile: '/etc/ca.pem' }],
      [
        '?sslrootcert=%2Fetc%2Fa%20b+c.pem&sslmode=verify-ca',
        { mode: 'verify-ca', rootFile: '/etc/a b+c.pem' },
      ],
      ['?sslmode=disable&sslrootcert=ca.pem', { mode: 'disable', rootFile: 'ca.pem' }],
    ])('are read: %s', (search, tls) => {
      expect(parametersOf(search, scheme)).toEqual({ tls });
    });

    it.each([
      ['?sslmode=prefer', /^has an sslmode other than disable, require, verify-ca, verify-full$/],
      ['?sslmode=allow', /sslmode other than/],
      ['?sslmode=no-verify', /sslmode other than/],
      ['?sslmode=REQUIRE', /sslmode other than/],
      ['?sslmode=require%20', /sslmode other than/],
      ['?sslmode=require,verify-full', /sslmode other than/],
      ['?sslmode=true', /sslmode other than/],
      ['?sslmode=', /empty parameter/],
      ['?sslmode', /empty parameter/],
      ['?sslmode=%20', /empty parameter/],
      ['?&sslmode=require', /empty parameter/],
      ['?sslmode=require&', /empty parameter/],
      ['?sslmode=require&sslmode=require', /parameter twice/],
      ['?sslmode=disable&sslmode=verify-full', /parameter twice/],
      ['?sslmode=verify-ca&sslrootcert=', /empty parameter/],
      ['?sslmode=verify-ca&sslrootcert', /empty parameter/],
      ['?sslmode=verify-ca&sslrootcert=a&sslrootcert=b', /parameter twice/],
      ['?sslmode=verify-ca&sslrootcert=a%00b', /control character/],
      ['?sslmode=verify-ca&sslrootcert=%FF', /percent-encoded UTF-8/],
      ['?sslmode=%zz', /percent-encoded UTF-8/],
      ['?sslrootcert=/etc/ca.pem', /^has sslrootcert without sslmode/],
      ['?ssl=true', /^has a parameter other than sslmode, sslrootcert/],
      ['?ssl=1', /parameter other than/],
      ['?useSSL=true', /parameter other than/],
      ['?SSLMODE=require', /parameter other than/],
      ['?ssl-mode=REQUIRED', /parameter other than/],
      ['?sslcert=/etc/client.pem', /parameter other than/],
      ['?uselibpqcompat=true&sslmode=require', /parameter other than/],
      ['?sslmode=require&sslnegotiation=direct', /parameter other than/],
      ['?password=secret', /parameter other than/],
      ['?constructor=x', /parameter other than/],
    ])('are rejected without showing the URL: %s', (search, reason) => {
      const fault = parametersOf(search, scheme);
      expect(fault).toMatch(reason);
      expect(fault).not.toMatch(/password|secret|client/);
    });
  });

  it.each(['?host=other', '?host=.', '?host=127.0.0.1'])(
    'of PostgreSQL cannot name a second host: %s',
    (search) => {
      expect(parametersOf(search)).toMatch(/host that is not the folder of a Unix socket/);
    },
  );
});

describe('displayDatabase', () => {
  it.each([
    ['sqlite:/data/identity.db', 'sqlite:/data/identity.db'],
    ['sqlite::memory:', 'sqlite::memory:'],
    ['postgres://user:pa%40ss@host/database', 'postgres://host/database'],
    ['postgresql://user:pass@host:5433/database', 'postgresql://host:5433/database'],
    [
      'mariadb://user:pass@[::1]:3307/data%20base%0Ax?sslmode=verify-ca&sslrootcert=/etc/pass.pem',
      'mariadb://[::1]:3307/data%20base%0Ax',
    ],
    ['postgres://user@%2Frun%2Fpostgresql/database', 'postgres://%2Frun%2Fpostgresql/database'],
    ['nothing://user:pass@host', 'unknown'],
  ])('of %s is %s', (url, name) => {
    expect(displayDatabase(url)).toBe(name);
  });

  it('never shows a user or a password', () => {
    const hidden = fc.stringMatching(/^[A-Za-z0-9%@:/?#&= -]{4,20}$/).map((text) => `q${text}q`);
    fc.assert(
      fc.property(fc.constantFrom('postgres', 'mysql'), hidden, hidden, (scheme, user, password) => {
        const url = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host/database`;
        expect(databaseAddress(url)).toMatchObject({ username: user, password });
        expect(displayDatabase(url)).not.toContain(user);
        expect(displayDatabase(url)).not.toContain(password);
      }),
    );
  });
});

describe('crossesNetworkInPlainText', () => {
  it.each([
    ['sqlite:/data/identity.db', false],
    ['postgres://localhost/database', false],
    ['postgres://127.0.0.1/database', false],
    ['mysql://127.8.9.10:3307/database', false],
    ['mysql://[::1]/database', false],
    ['postgres://%2Frun%2Fpostgresql/database', false],
    ['postgres://other/database?host=/run/postgresql', false],
    ['postgres://other/database', true],
    ['postgres://other/database?sslmode=disable', true],
    ['postgres://10.0.0.1/database', true],
    ['mysql://[2001:db8::1]/database', true],
    ['mysql://127.0.0.1.example/database', true],
    ['mysql://localhost.example/database', true],
    ['postgres://other/database?sslmode=require', false],
    ['mysql://other/database?sslmode=verify-full', false],
    ['no database', false],
  ])('of %s is %s', (url, expected) => {
    expect(crossesNetworkInPlainText(url)).toBe(expected);
  });
});

describe('isThisMachine', () => {
  it.each([
    'localhost',
    'LOCALHOST.',
    'db.localhost',
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '/run',
  ])('is true for %s', (host) => expect(isThisMachine(host)).toBe(true));

  it.each([
    '',
    'db',
    '128.0.0.1',
    '1127.0.0.1',
    '127.0.0.1.5',
    '::2',
    '::ffff:10.0.0.1',
    'localhost.example',
    'run/x',
  ])('is false for %s', (host) => expect(isThisMachine(host)).toBe(false));
});
