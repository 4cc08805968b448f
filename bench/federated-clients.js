import { makeSecret } from '../dist/clients/client-secret.js';
import { LATER_FIELDS } from '../dist/clients/client.js';
import { ClientTable, IssuerTable, RevisionTable } from '../dist/database/entities.js';
import { databaseOptions, openDatabase } from '../dist/database/open-database.js';

const ROWS_A_STATEMENT = 500;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/**
 * Creates an SQLite file with trusted issuers and the clients of their workloads, as the administration would
 * store them, but in one transaction. All issuers have the same key.
 *
 * @param {string} path the path of the file
 * @param {{ entries: number, clients: number, alg: string, jwk: object }} what
 * @returns {Promise<{ issuer: string, subject: string, authorization: string }>} the `iss` and `sub` of the
 *   workload of one client, and the Authorization header of the same client
 */
export async function fillFederated(path, { entries, clients, alg, jwk }) {
  const dataSource = await openDatabase(await databaseOptions(`sqlite:${path}`));
  const now = Date.now();
  const { text, kept } = makeSecret(now, null);
  const issuers = Array.from({ length: entries }, (_, at) => entryOf(at, { alg, jwk, now }));
  const made = Array.from({ length: clients }, (_, at) => clientOf(at, { entries, kept, now }));
  await dataSource.transaction(async (manager) => {
    for (const [table, records] of /** @type {const} */ ([
      [IssuerTable, issuers],
      [ClientTable, made],
    ])) {
      const rows = records.map((record, at) => ({
        id: record.id,
        revision: at + 1,
        document: JSON.stringify(record),
      }));
      for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
        await manager.insert(table, rows.slice(at, at + ROWS_A_STATEMENT));
      }
      await manager.update(RevisionTable, { name: table.options.name }, { value: rows.length });
    }
  });
  await dataSource.destroy();
  const middle = Math.floor(clients / 2);
  return {
    issuer: `https://issuer-${middle % entries}.example`,
    subject: `system:serviceaccount:team-${middle}:worker`,
    authorization: `Basic ${Buffer.from(`${made[middle]?.id}:${text}`).toString('base64')}`,
  };
}

/** @param {number} at @param {{ alg: string, jwk: object, now: number }} how */
function entryOf(at, { alg, jwk, now }) {
  return {
    id: `issuer-${at}`,
    issuer: `https://issuer-${at}.example`,
    keys: { kind: 'jwks', jwks: { keys: [jwk] } },
    algorithms: [alg],
    audiences: ['identity-backend'],
    uses: ['client_authentication'],
    types: ['', 'jwt'],
    maxLifetimeSeconds: 86_400,
    replay: { client_authentication: 'reusable', jwt_bearer: 'once', token_exchange: 'reusable' },
    subject: 'prefixed',
    claims: {},
    scopesClaim: null,
    idJag: false,
    disabled: false,
    keysSetAt: now,
    createdAt: now,
    updatedAt: now,
  };
}

/** @param {number} at @param {{ entries: number, kept: object, now: number }} how */
function clientOf(at, { entries, kept, now }) {
  return {
    ...LATER_FIELDS,
    id: `client-${String(at).padStart(6, '0')}`,
    name: `client-${at}`,
    audiences: ['logging-service'],
    defaultAudience: 'logging-service',
    scopes: ['logs:read', 'logs:write'],
    claims: [],
    grantTypes: ['client_credentials', JWT_BEARER],
    tokenLifetimeSeconds: null,
    mayActFor: [],
    jwks: null,
    federatedCredentials: [
      { issuer: `issuer-${at % entries}`, subject: `system:serviceaccount:team-${at}:worker`, claims: {} },
    ],
    workloadGrant: true,
    disabled: false,
    secrets: [kept],
    createdAt: now,
    updatedAt: now,
  };
}
