import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { StoreUnavailable } from '../../../src/replica/record-store.js';
import { Database } from '../../../src/storage/database.js';
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
  it('gives what was asked for', async () => {
    expect(await database.read((manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('says of whatever fails that the database does not answer, and why', async () => {
    const failing = database.read((manager) => manager.query('SELECT * FROM no_such_table'));
    await expect(failing).rejects.toThrow(StoreUnavailable);
    await expect(failing).rejects.toMatchObject({
      message: 'The database does not answer',
      cause: { message: expect.stringContaining('no_such_table') },
    });
  });
});

describe('Database.transaction', () => {
  it('keeps what it did', async () => {
    const result = await database.transaction(async (manager) => {
      await manager.query("INSERT INTO note VALUES ('kept')");
      return 'result';
    });
    expect(result).toBe('result');
    expect(await notes()).toEqual(['kept']);
  });

  it('undoes what it did where it is stopped, and throws the error as it is', async () => {
    const refusal = new RangeError('refused');
    const stopped = database.transaction(async (manager, stop) => {
      await manager.query("INSERT INTO note VALUES ('undone')");
      return stop(refusal);
    });
    await expect(stopped).rejects.toBe(refusal);
    expect(await notes()).toEqual([]);
  });

  it('undoes what it did where a statement fails', async () => {
    const failing = database.transaction(async (manager) => {
      await manager.query("INSERT INTO note VALUES ('undone')");
      await manager.query('SELECT * FROM no_such_table');
    });
    await expect(failing).rejects.toThrow(StoreUnavailable);
    expect(await notes()).toEqual([]);
  });

  it('does not mix with another that begins before it ended', async () => {
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

describe('a server that fell silent', () => {
  const silent = {
    options: { type: 'mysql' },
    transaction: () => new Promise(() => {}),
    manager: {},
  } as unknown as DataSource;

  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each<[string, (database: Database) => Promise<unknown>]>([
    ['read', (server) => server.read(() => new Promise(() => {}))],
    ['transaction', (server) => server.transaction(() => Promise.resolve())],
  ])('counts as away after ten seconds: %s', async (_name, ask) => {
    const outcome = ask(new Database(silent)).catch((error: unknown) => error);
    const early = await Promise.race([outcome, jest.advanceTimersByTimeAsync(9_900)]);
    expect(early).not.toBeInstanceOf(StoreUnavailable);
    await jest.advanceTimersByTimeAsync(200);
    expect(await outcome).toBeInstanceOf(StoreUnavailable);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind where the server answers', async () => {
    await new Database(silent).read(() => Promise.resolve());
    expect(jest.getTimerCount()).toBe(0);
  });
});
