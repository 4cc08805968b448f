import type { DataSource, EntityManager } from 'typeorm';
import { StoreUnavailable } from '../replica/record-store.js';
import { inTurn } from './in-turn.js';
import { retryWhileBusy } from './retry-while-busy.js';

/** How long a server may take, in milliseconds. MySQL's driver would wait for one that fell silent until TCP gives up. */
const PATIENCE = 10_000;

/** Runs what the stores ask of the database, and tells its failures from those of who asks. */
export class Database {
  private readonly run: <R>(act: () => Promise<R>) => Promise<R>;

  constructor(private readonly dataSource: DataSource) {
    const oneConnection = dataSource.options.type === 'better-sqlite3';
    const taking = inTurn();
    this.run = oneConnection ? (act) => taking(() => retryWhileBusy(act)) : (act) => inTime(act());
  }

  /** @throws {StoreUnavailable} */
  async read<R>(ask: (manager: EntityManager) => Promise<R>): Promise<R> {
    try {
      return await this.run(() => ask(this.dataSource.manager));
    } catch (cause) {
      throw new StoreUnavailable(cause);
    }
  }

  /**
   * @param act is given what runs within the transaction, and `stop`, which undoes it and is thrown as it is
   * @throws {StoreUnavailable} and the error that `stop` was given
   */
  async transaction<R>(
    act: (manager: EntityManager, stop: (error: unknown) => never) => Promise<R>,
  ): Promise<R> {
    const stopped: unknown[] = [];
    const stop = (error: unknown): never => {
      stopped.push(error);
      throw error;
    };
    try {
      return await this.run(() => this.dataSource.transaction((manager) => act(manager, stop)));
    } catch (cause) {
      if (stopped.includes(cause)) throw cause;
      throw new StoreUnavailable(cause);
    }
  }
}

function inTime<R>(work: Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${PATIENCE / 1000} seconds`)), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
