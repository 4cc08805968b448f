import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectionOptions, databaseKind, sqlitePath } from '../../../src/storage/database-url.js';

describe('databaseKind', () => {
  it.each([
    ['sqlite:data/identity.db', 'sqlite'],
    ['sqlite:/var/lib/identity.db', 'sqlite'],
    ['sqlite://data/identity.db', 'sqlite'],
    ['sqlite:///var/lib/identity.db', 'sqlite'],
    ['sqlite::memory:', 'sqlite'],
    ['sqlite:a file with blanks?.db', 'sqlite'],
    ['postgres://host/database', 'postgres'],
    ['postgres://user:password@host:5433/database', 'postgres'],
    ['postgresql://user@host/database?sslmode=verify-full', 'postgres'],
    ['postgres://user:p%40ss%2Fword@[::1]/database', 'postgres'],
    ['mysql://user:password@host:3307/database', 'mysql'],
    ['mariadb://user@[::1]/database', 'mysql'],
  ])('knows %s', (url, kind) => {
    expect(databaseKind(url)).toBe(kind);
  });

  it.each([
    ['nothing', ''],
    ['no scheme', 'data/identity.db'],
    ['another scheme', 'mongodb://host/database'],
    ['a scheme in capitals', 'SQLITE:data/identity.db'],
    ['a name that every object has', 'constructor:x'],
    ['a blank before it', ' sqlite:data/identity.db'],
    ['no file', 'sqlite:'],
    ['no file behind slashes', 'sqlite://'],
    ['no slashes', 'postgres:host/database'],
    ['no host', 'postgres:///database'],
    ['no database', 'postgres://user@host'],
    ['no database behind a slash', 'mysql://user@host/'],
    ['a port that is none', 'postgres://user@host:port/database'],
    ['a port over 65535', 'mysql://user@host:65536/database'],
    ['a password with a percent sign that encodes nothing', 'postgres://user:100%@host/database'],
    ['a user with bytes that are not UTF-8', 'mysql://us%FFer@host/database'],
    ['parameters that the driver would not heed', 'mysql://user@host/database?ssl=true'],
  ])('knows no address with %s', (_name, url) => {
    expect(databaseKind(url)).toBeUndefined();
    expect(() => connectionOptions(url)).toThrow(TypeError);
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

describe('connectionOptions', () => {
  it('of SQLite name the file and the driver that is given', () => {
    const driver = {};
    expect(connectionOptions('sqlite:data/identity.db', driver)).toMatchObject({
      type: 'better-sqlite3',
      database: 'data/identity.db',
      driver,
    });
  });

  it.each(['postgres://user:p%40ss@host/database', 'postgresql://host/database?sslmode=verify-full'])(
    'of PostgreSQL leave %s to its driver',
    (url) => {
      expect(connectionOptions(url)).toMatchObject({ type: 'postgres', url });
    },
  );

  it.each([
    ['mysql://host/database', { host: 'host', username: '', password: '', database: 'database' }],
    [
      'mariadb://us%40er:p%40ss%2Fw%3Ard%25@host:3307/data%20base',
      { host: 'host', port: 3307, username: 'us@er', password: 'p@ss/w:rd%', database: 'data base' },
    ],
    ['mysql://user@[2001:db8::1]/database', { host: '2001:db8::1', username: 'user' }],
  ])('of MySQL have the parts of %s', (url, parts) => {
    const options = connectionOptions(url);
    expect(options).toMatchObject({ type: 'mysql', charset: 'utf8mb4', ...parts });
    expect(options).not.toHaveProperty('url');
  });

  it.each(['postgres://host/database', 'mysql://host/database'])(
    'of %s neither change tables by themselves nor log statements',
    (url) => {
      const options = connectionOptions(url);
      expect(options.synchronize ?? false).toBe(false);
      expect(options.logging ?? false).toBe(false);
    },
  );
});
