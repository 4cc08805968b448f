import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeEachDatabase } from '../../support/databases.js';
import { closeDatabases, open, refusalToOpen } from '../../support/opened-databases.js';

const PASSWORD = 'a-password-that-nobody-may-see';

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port of this machine that no one listens on. */
async function closedPort(): Promise<string> {
  const server = createServer();
  const place = await listen(server);
  server.close();
  await once(server, 'close');
  return place;
}

/** Opening the database fails with an error that may be retried and contains no password. */
async function expectMayRecover(url: string, reason: RegExp): Promise<void> {
  const error = await refusalToOpen(url);
  expect(error.mayRecover).toBe(true);
  expect(error.message).toMatch(reason);
  expect(error.message).toMatch(/^The database at DATABASE_URL \((postgres|mysql)\) cannot be reached: /);
  expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain(PASSWORD);
}

describe.each(['postgres', 'mysql'])(
  'a database at %s: the error may be retried and contains no password',
  (scheme) => {
    it.each<[string, () => Promise<string>, RegExp]>([
      ['if nothing listens on its port', closedPort, /ECONNREFUSED/],
      ['if its host is unknown', () => Promise.resolve('no-such-host.invalid'), /ENOTFOUND|EAI_AGAIN/],
    ])('%s', async (_name, place, reason) => {
      await expectMayRecover(`${scheme}://somebody:${PASSWORD}@${await place()}/identity`, reason);
    });

    it('if something else listens on its port', async () => {
      const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const place = await listen(server);
      await expectMayRecover(`${scheme}://somebody:${PASSWORD}@${place}/identity`, /./);
      server.close();
    });
  },
);

// For SQLite see test/unit/database/sqlite-file.test.ts.
describeEachDatabase(
  (database) => {
    afterAll(closeDatabases);

    it.each<[string, Partial<URL>, RegExp]>([
      ['has no database of the name', { pathname: '/no_such_database' }, /no_such_database/],
      ['has no such user', { username: 'nobody-here', password: PASSWORD }, /nobody-here/],
    ])('that %s: the error may be retried and contains no password', async (_name, change, reason) => {
      const url = Object.assign(new URL(await database.url()), change);
      await expectMayRecover(url.href, reason);
    });

    it.each(database.name === 'PostgreSQL' ? ['postgres:', 'postgresql:'] : ['mysql:', 'mariadb:'])(
      'opens with the scheme %s',
      async (scheme) => {
        const dataSource = await open((await database.url()).replace(/^\w+:/, scheme));
        expect(await dataSource.query('SELECT id FROM identity_client')).toEqual([]);
      },
    );
  },
  ['PostgreSQL', 'MariaDB'],
);
