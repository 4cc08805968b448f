import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { withTimeLimit } from './time-limit.js';

/** How long the work of a store may take, in milliseconds. */
const WORK_TIMEOUT_MS = 10_000;

/** The common part of the drivers `pg` and `mysql2` that closes a connection. */
interface DriverConnection {
  /** Of `mysql2`: the socket. */
  readonly stream?: { destroy(error: Error): unknown };
  /** Of `pg`: closes the socket immediately if a query is in progress. */
  end(): unknown;
}

/**
 * Does work on one connection of the pool, in limited time. A connection whose work was not done in time is
 * closed: its next user would wait for the server's response to that work.
 *
 * @param milliseconds the limit, waiting for the connection included
 * @throws {TimeLimitExceeded} and whatever the work throws
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
 * How long a statement of a transaction may take on PostgreSQL, in milliseconds; the server cancels it
 * itself.
 */
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * Begins a transaction with a statement timeout, so that none of its statements waits for a lock on the
 * server after its connection was given up. For this transaction only: behind a pooler the next one runs in
 * another session.
 */
export async function limitStatements(
  session: Pick<QueryRunner | EntityManager, 'query'>,
  dataSource: DataSource,
  milliseconds = STATEMENT_TIMEOUT_MS,
): Promise<void> {
  if (dataSource.options.type !== 'postgres') return;
  await session.query(`SET LOCAL statement_timeout = ${milliseconds}`);
}
