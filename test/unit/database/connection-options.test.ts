import { describe, expect, it } from '@jest/globals';
import { connectionOptions } from '../../../src/database/connection-options.js';

describe('connectionOptions', () => {
  it('returns the file and the given driver for SQLite', () => {
    const driver = {};
    expect(connectionOptions('sqlite:data/identity.db', driver)).toMatchObject({
      type: 'better-sqlite3',
      database: 'data/identity.db',
      driver,
    });
  });

  it.each([
    ['postgres://host/database', { host: 'host', username: '', password: '', database: 'database' }],
    [
      'postgresql://us%40er:p%40ss%2Fw%3Ard%25@host:5433/data%20base',
      { host: 'host', port: 5433, username: 'us@er', password: 'p@ss/w:rd%', database: 'data base' },
    ],
    ['postgres://user@[2001:db8::1]/database', { host: '2001:db8::1', username: 'user' }],
    ['postgres://user@%2Frun%2Fpostgresql/database', { host: '/run/postgresql' }],
    [
      'postgres://x/database?host=/run/postgresql&application_name=id',
      { host: '/run/postgresql', applicationName: 'id' },
    ],
  ])('returns the parts of the PostgreSQL URL %s', (url, parts) => {
    const options = connectionOptions(url);
    expect(options).toMatchObject({ type: 'postgres', ...parts });
    // The driver would interpret the parameters of a URL differently.
    expect(options).not.toHaveProperty('url');
  });

  it('sets no PostgreSQL startup parameter that a pooler rejects', () => {
    const { extra } = connectionOptions('postgres://host/database') as { extra?: object };
    const startup = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'options',
      'replication',
    ];
    for (const name of startup) expect(extra).not.toHaveProperty(name);
  });

  it.each([
    ['mysql://host/database', { host: 'host', username: '', password: '', database: 'database' }],
    [
      'mariadb://us%40er:p%40ss%2Fw%3Ard%25@host:3307/data%20base',
      { host: 'host', port: 3307, username: 'us@er', password: 'p@ss/w:rd%', database: 'data base' },
    ],
    ['mysql://user@[2001:db8::1]/database', { host: '2001:db8::1', username: 'user' }],
    ['mysql://user@%2Frun%2Fmysqld%2Fmysqld.sock/database', { socketPath: '/run/mysqld/mysqld.sock' }],
  ])('returns the parts of the MySQL URL %s', (url, parts) => {
    const options = connectionOptions(url);
    expect(options).toMatchObject({ type: 'mysql', charset: 'utf8mb4', ...parts });
    expect(options).not.toHaveProperty('url');
  });

  it.each(['postgres://host/database', 'mysql://host/database'])(
    'enables neither schema synchronization nor statement logging for %s',
    (url) => {
      const options = connectionOptions(url);
      expect(options.synchronize ?? false).toBe(false);
      expect(options.logging ?? false).toBe(false);
    },
  );

  it.each([
    '',
    'mongodb://host/database',
    'postgres://host/database?ssl=true',
    'mysql://host/database?sslmode=prefer',
  ])('throws a TypeError for %p', (url) => {
    expect(() => connectionOptions(url)).toThrow(TypeError);
  });

  describe.each(['postgres', 'mysql'])('for %s', (scheme) => {
    const sslOf = (search: string) =>
      (connectionOptions(`${scheme}://db.example/database${search}`) as { ssl?: unknown }).ssl;

    it('uses no TLS without sslmode or with sslmode=disable', () => {
      expect(sslOf('')).toBeUndefined();
      expect(sslOf('?sslmode=disable') || undefined).toBeUndefined();
    });

    it('requires a valid certificate for verify-ca and verify-full, not for require', () => {
      for (const mode of ['verify-ca', 'verify-full']) {
        expect(sslOf(`?sslmode=${mode}`)).toMatchObject({ rejectUnauthorized: true });
      }
      expect(sslOf('?sslmode=require')).toMatchObject({ rejectUnauthorized: false });
    });
  });
});
