import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { StoreUnavailable } from '../sync/record-store.js';
import { SerialQueue } from '../concurrency/serial-queue.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { limitStatements, onConnection } from './server-connection.js';

type Work<R> = (manager: EntityManager) => Promise<R>;

/** Runs the queries of the stores, and distinguishes failures of the database from errors of the caller. */
@Injectable()
export class Database {
  private readonly run: <R>(work: Work<R>) => Promise<R>;

  constructor(private readonly dataSource: DataSource) {
    const oneConnection = dataSource.options.type === 'better-sqlite3';
    // TypeORM has one connection to an SQLite file. Two transactions that overlap on it would become one.
    const queue = new SerialQueue();
    this.run = oneConnection
      ? (work) => queue.run(() => retryWhileBusy(() => work(dataSource.manager)))
      : (work) => onConnection(dataSource, ({ manager }) => work(manager));
  }

  /**
   * Runs a query.
   *
   * @throws {StoreUnavailable} if it fails
   */
  async read<R>(ask: Work<R>): Promise<R> {
    try {
      return await this.run(ask);
    } catch (cause) {
      throw new StoreUnavailable(cause);
    }
  }

  /**
   * Runs a transaction, and rolls it back if `act` throws.
   *
   * @param act receives the manager of the transaction, and `stop`, which rolls it back and makes this method
   *   throw the given error; called again if the SQLite file was busy
   * @throws {StoreUnavailable} if the transaction fails for any other reason
   */
  async transaction<R>(
    act: (manager: EntityManager, stop: (error: unknown) => never) => Promise<R>,
  ): Promise<R> {
    const stopped: unknown[] = [];
    const stop = (error: unknown): never => {
      stopped.push(error);
      throw error;
    };
    const work: Work<R> = (manager) =>
      manager.transaction(async (transaction) => {
        await limitStatements(transaction, this.dataSource);
        return act(transaction, stop);
      });
    try {
      return await this.run(work);
    } catch (cause) {
      if (stopped.includes(cause)) throw cause;
      throw new StoreUnavailable(cause);
    }
  }
}
