import { join } from 'node:path';
import { fillDatabase } from './clients.js';
import { memoryOf } from './memory.js';
import { median } from './quantile.js';

/** How often the service is started with each database. The last one keeps running for the load. */
const STARTS = 3;

/**
 * How the service starts with this many clients.
 *
 * @typedef {object} Starts
 * @property {number} clients
 * @property {{ median: number, least: number, most: number }} seconds from the start of the process to the
 *   first response
 * @property {number | null} afterStart MiB of physical memory
 * @property {number | null} afterLoad the same, after the load
 * @property {number | null} peak the most until then
 */

/**
 * A running service with clients, and the measurements of its starts.
 *
 * @typedef {object} Populated
 * @property {number} clients
 * @property {import('./servers.js').Server} server
 * @property {readonly string[]} authorizations
 * @property {string} database the path of its SQLite file
 * @property {() => Starts} starts call it after the load
 */

/**
 * @param {ReturnType<import('./servers.js').launcher>} launcher
 * @param {number} clients
 * @returns {Promise<Populated>}
 */
export async function startWithClients({ folder, start, stop }, clients) {
  const database = join(folder, `${clients}-clients.db`);
  const authorizations = await fillDatabase(database, clients);
  const begin = () => start(`with ${clients} clients`, 'dist/main.js', database);
  let server = await begin();
  const seconds = [server.startMilliseconds / 1000];
  while (seconds.length < STARTS) {
    await stop(server);
    server = await begin();
    seconds.push(server.startMilliseconds / 1000);
  }
  const afterStart = memoryOf(server.pid)?.now ?? null;
  const starts = () => {
    const memory = memoryOf(server.pid);
    return {
      clients,
      seconds: { median: median(seconds), least: Math.min(...seconds), most: Math.max(...seconds) },
      afterStart,
      afterLoad: memory?.now ?? null,
      peak: memory?.peak ?? null,
    };
  };
  return { clients, server, authorizations, database, starts };
}
