import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { StoreUnavailable } from '../../../src/sync/record-store.js';
import { Database } from '../../../src/database/database.js';
import { closeDatabases, open } from '../../support/opened-databases.js';

let dataSource: DataSource;
let database: Database;

beforeAll(async () => {
  dataSource = await open('sqlite::memory:');
  await dataSource.query('CREATE TABLE note (text varchar)');
  database = new Database(dataSource);
});
beforeEach(() => dataSource.query('DELETE FROM note'));
afterAll(closeDatabases);

const notes = async (): Promise<string[]> =>
  (await dataSource.query<{ text: string }[]>('SELECT text FROM note')).map(({ text }) => text);

describe('Database.read', () => {
  it('returns the result of the query', async () => {
    expect(await database.read((manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('throws StoreUnavailable for any failure, with its cause', async () => {
    const failing = database.read((manager) => manager.query('SELECT * FROM no_such_table'));
    await expect(failing).rejects.toThrow(StoreUnavailable);
    await expect(failing).rejects.toMatchObject({
      message: 'The database does not respond',
      cause: { message: expect.stringContaining('no_such_table') },
    });
  });
});

describe('Database.transaction', () => {
  it('commits its statements and returns its result', async () => {
    const result = await database.transaction(async (manager) => {
      await manager.query("INSERT INTO note VALUES ('kept')");
      return 'result';
    });
    expect(result).toBe('result');
    expect(await notes()).toEqual(['kept']);
  });

  it('rolls back and throws the given error if it is stopped', async () => {
    const refusal = new RangeError('refused');
    const stopped = database.transaction(async (manager, stop) => {
      await manager.query("INSERT INTO note VALUES ('undone')");
      return stop(refusal);
    });
    await expect(stopped).rejects.toBe(refusal);
    expect(await notes()).toEqual([]);
  });

  it('rolls back if a statement fails', async () => {
    const failing = database.transaction(async (manager) => {
      await manager.query("INSERT INTO note VALUES ('undone')");
      await manager.query('SELECT * FROM no_such_table');
    });
    await expect(failing).rejects.toThrow(StoreUnavailable);
    expect(await notes()).toEqual([]);
  });

  it('is isolated from concurrent transactions', async () => {
    const write = (text: string, fails: boolean) =>
      database.transaction(async (manager, stop) => {
        await manager.query('INSERT INTO note VALUES (?)', [text]);
        await manager.query('SELECT 1');
        if (fails) stop(new Error(text));
      });
    const outcomes = await Promise.allSettled([write('a', false), write('b', true), write('c', false)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await notes()).toEqual(['a', 'c']);
  });
});

describe('the response timeout of a server', () => {
  /** A pool whose only connection never responds, and what happens to that connection. */
  function silentServer(type: 'postgres' | 'mysql') {
    const seen: string[] = [];
    let fail: (error: Error) => void = () => {};
    const silence = new Promise<never>((_resolve, reject) => (fail = reject));
    const close = (): void => {
      seen.push('closed');
      fail(new Error('connection lost'));
    };
    const connection = type === 'postgres' ? { end: close } : { stream: { destroy: close }, end: () => {} };
    const runner = {
      connect: () => Promise.resolve(connection),
      release: () => {
        seen.push('released');
        return Promise.resolve();
      },
      manager: { query: () => silence, transaction: () => silence },
    };
    const dataSource = { options: { type }, createQueryRunner: () => runner } as unknown as DataSource;
    return { database: new Database(dataSource), seen };
  }

  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each<['postgres' | 'mysql', string, (database: Database) => Promise<unknown>]>([
    ['postgres', 'read', (server) => server.read((manager) => manager.query('SELECT 1'))],
    ['postgres', 'transaction', (server) => server.transaction(() => Promise.resolve())],
    ['mysql', 'read', (server) => server.read((manager) => manager.query('SELECT 1'))],
    ['mysql', 'transaction', (server) => server.transaction(() => Promise.resolve())],
  ])(
    'throws StoreUnavailable after ten seconds and closes the connection before its release: %s, %s',
    async (type, _name, ask) => {
      const { database, seen } = silentServer(type);
      const outcome = ask(database).catch((error: unknown) => error);
      const early = await Promise.race([outcome, jest.advanceTimersByTimeAsync(9_900)]);
      expect(early).not.toBeInstanceOf(StoreUnavailable);
      expect(seen).toEqual([]);
      await jest.advanceTimersByTimeAsync(200);
      expect(await outcome).toBeInstanceOf(StoreUnavailable);
      expect(seen).toEqual(['closed', 'released']);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it('leaves no timer behind and keeps the connection if the server responds', async () => {
    const { database, seen } = silentServer('mysql');
    await database.read(() => Promise.resolve());
    expect(jest.getTimerCount()).toBe(0);
    expect(seen).toEqual(['released']);
  });
});
