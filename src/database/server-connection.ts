import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { withTimeLimit } from './time-limit.js';

/** How long the work of a store may take, in milliseconds. */
const WORK_TIMEOUT_MS = 10_000;

/** The parts of the connections of `pg` and `mysql2` that close them. */
interface DriverConnection {
  /** Of `mysql2`: the socket. */
  readonly stream?: { destroy(error: Error): unknown };
  /** Of `pg`: closes the socket immediately if a query is in progress. */
  end(): unknown;
}

/**
 * Does work on one connection of the pool, within a time limit. After the limit the connection is closed: its
 * next user would wait for the response to this work. Errors of the work are rethrown.
 *
 * @param milliseconds the limit, which includes waiting for a connection
 * @throws {TimeLimitExceeded} if the work is not done in time
 */
export async function onConnection<R>(
  dataSource: DataSource,
  work: (runner: QueryRunner) => Promise<R>,
  milliseconds = WORK_TIMEOUT_MS,
): Promise<R> {
  const runner = dataSource.createQueryRunner();
  const connected: Promise<unknown> = runner.connect();
  const done = connected.then(() => work(runner)).finally(() => runner.release());
  return withTimeLimit(done, milliseconds, () => void connected.then(close, () => {}));
}

function close(connection: unknown): void {
  const { stream } = connection as DriverConnection;
  if (stream) stream.destroy(new Error('Closed, as the server did not respond in time'));
  else void (connection as DriverConnection).end();
}

/**
 * How long one statement of a transaction may take on PostgreSQL, in milliseconds; then the server cancels
 * it.
 */
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * Limits the statements of the current transaction on PostgreSQL, so that none of them still waits for a lock
 * after its connection was closed. The limit ends with the transaction: behind a pooler, the next one runs in
 * another session.
 *
 * @param session runs queries in the transaction
 * @param milliseconds the limit of each statement
 */
export async function limitStatements(
  session: Pick<QueryRunner | EntityManager, 'query'>,
  dataSource: DataSource,
  milliseconds = STATEMENT_TIMEOUT_MS,
): Promise<void> {
  if (dataSource.options.type !== 'postgres') return;
  await session.query(`SET LOCAL statement_timeout = ${milliseconds}`);
}
