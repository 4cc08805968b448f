import { ClientDescription } from '../dist/admin/client-description.js';
import { makeSecret } from '../dist/clients/client-secret.js';
import { ClientTable, RevisionTable } from '../dist/database/entities.js';
import { databaseOptions, openDatabase } from '../dist/database/open-database.js';
import { TOKEN_REQUEST } from './cases.js';

/** How many clients take turns under load, so that more than a few records are read. */
const MAX_CALLERS = 200;
const ROWS_A_STATEMENT = 500;
/** The service adds a configured lifetime; these clients set none of their own. */
const LIFETIME_SECONDS = 900;

/**
 * Creates an SQLite file with clients as the administration would store them, but in one transaction.
 *
 * @param {string} path the path of the file
 * @param {number} count
 * @returns {Promise<readonly string[]>} the Authorization headers of the clients that take turns under load
 */
export async function fillDatabase(path, count) {
  const dataSource = await openDatabase(await databaseOptions(`sqlite:${path}`));
  const now = Date.now();
  const made = Array.from({ length: count }, (_, at) => makeClient(at, now));
  const rows = made.map(({ client }, at) => ({
    id: client.id,
    revision: at + 1,
    document: JSON.stringify(client),
  }));
  await dataSource.transaction(async (manager) => {
    for (let at = 0; at < count; at += ROWS_A_STATEMENT) {
      await manager.insert(ClientTable, rows.slice(at, at + ROWS_A_STATEMENT));
    }
    await manager.update(RevisionTable, { name: ClientTable.options.name }, { value: count });
  });
  await dataSource.destroy();
  const callers = Math.min(count, MAX_CALLERS);
  return Array.from({ length: callers }, (_, at) => basic(made[Math.floor((at * count) / callers)]));
}

const description = new ClientDescription({ lifetimeSeconds: LIFETIME_SECONDS });

/**
 * @param {number} at
 * @param {number} now
 */
function makeClient(at, now) {
  const described = description.read({
    client_id: `client-${String(at).padStart(6, '0')}`,
    audiences: [TOKEN_REQUEST.aud, `service-${at % 500}`],
    default_audience: TOKEN_REQUEST.aud,
    scopes: ['logs:read', 'logs:write'],
    may_act_for: ['user-*'],
  });
  const { text, kept } = makeSecret(now, null);
  return { client: { ...described, secrets: [kept], createdAt: now, updatedAt: now }, secret: text };
}

/** @param {ReturnType<typeof makeClient> | undefined} made */
function basic(made) {
  return `Basic ${Buffer.from(`${made?.client.id}:${made?.secret}`).toString('base64')}`;
}
