import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/database/database.js';
import { closeDatabases, open, refusalToOpen } from '../../support/opened-databases.js';
import { PrivateServer, SERVER_KINDS, type ServerKind } from '../../support/private-server.js';
import { describeWhereReachable, failureOf } from '../../support/reachable.js';
import { removeTemporaryDirectories } from '../../support/temporary-directory.js';
import { makeCertificates, type TestCertificates } from '../../support/test-certificates.js';

/** Whether the connection of the query is encrypted. */
const ENCRYPTED = {
  PostgreSQL: 'SELECT ssl::text AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
  MariaDB:
    "SELECT IF(VARIABLE_VALUE = '', 'false', 'true') AS value FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'",
} as const;

type Root = keyof TestCertificates | 'none';

for (const kind of SERVER_KINDS) {
  describeWhereReachable(`a private ${kind.name}`, kind.missing, () => encryptedConnections(kind));
}

function encryptedConnections(kind: ServerKind): void {
  let certificates: TestCertificates;
  let server: PrivateServer;

  const isUp = async (): Promise<boolean> =>
    (await failureOf(() => open(server.url('127.0.0.1')))) === undefined;
  const urlOf = (host: string, mode: string, root: Root): string => {
    const rootFile = root === 'none' ? '' : `&sslrootcert=${encodeURIComponent(certificates[root])}`;
    return `${server.url(host)}?sslmode=${mode}${rootFile}`;
  };

  async function isEncrypted(url: string): Promise<boolean> {
    const database = new Database(await open(url));
    const [row] = await database.read((manager) => manager.query<{ value: string }[]>(ENCRYPTED[kind.name]));
    return row?.value === 'true';
  }

  beforeAll(async () => {
    certificates = makeCertificates();
    server = await PrivateServer.setUp(kind, certificates);
    await server.start(true, isUp);
  }, 120_000);
  afterAll(async () => {
    await closeDatabases();
    await server.stop();
    removeTemporaryDirectories();
  }, 60_000);

  it('is not encrypted by default or with sslmode=disable', async () => {
    expect(await isEncrypted(server.url('127.0.0.1'))).toBe(false);
    expect(await isEncrypted(urlOf('127.0.0.1', 'disable', 'none'))).toBe(false);
    expect(await isEncrypted(urlOf('127.0.0.1', 'disable', 'wrongRoot'))).toBe(false);
  });

  // The certificate is for localhost and 127.0.0.2.
  it.each<[mode: string, root: Root, host: string]>([
    ['require', 'none', '127.0.0.1'],
    ['require', 'none', 'localhost'],
    ['require', 'root', '127.0.0.1'],
    ['require', 'bothRoots', '127.0.0.1'],
    ['verify-ca', 'root', '127.0.0.1'],
    ['verify-ca', 'bothRoots', 'localhost'],
    ['verify-full', 'root', 'localhost'],
    ['verify-full', 'root', '127.0.0.2'],
    ['verify-full', 'bothRoots', '127.0.0.2'],
  ])('is encrypted with sslmode=%s and the root certificate "%s" at %s', async (mode, root, host) => {
    expect(await isEncrypted(urlOf(host, mode, root))).toBe(true);
  });

  it.each<[mode: string, root: Root, host: string, reason: RegExp]>([
    ['require', 'wrongRoot', 'localhost', /certificate/],
    ['verify-ca', 'wrongRoot', 'localhost', /certificate/],
    ['verify-ca', 'none', 'localhost', /certificate/],
    ['verify-full', 'wrongRoot', 'localhost', /certificate/],
    ['verify-full', 'none', 'localhost', /certificate/],
    ['verify-full', 'root', '127.0.0.1', /IP: 127\.0\.0\.1 is not in the cert/],
    ['verify-full', 'bothRoots', '127.0.0.1', /IP: 127\.0\.0\.1 is not in the cert/],
  ])('is rejected with sslmode=%s and the root certificate "%s" at %s', async (mode, root, host, reason) => {
    const { message, mayRecover } = await refusalToOpen(urlOf(host, mode, root));
    expect(message).toMatch(reason);
    expect(message).not.toContain('a-password');
    expect(mayRecover).toBe(true);
  });

  it('is not retried if the file of sslrootcert is missing', async () => {
    const { message, mayRecover } = await refusalToOpen(
      `${server.url('localhost')}?sslmode=verify-full&sslrootcert=/no/such/file.pem`,
    );
    expect(message).toBe('DATABASE_URL: sslrootcert cannot be read (ENOENT)');
    expect(mayRecover).toBe(false);
  });

  describe('without TLS', () => {
    beforeAll(async () => {
      await closeDatabases();
      await server.stop();
      await server.start(false, isUp);
    }, 60_000);

    it.each<[mode: string, root: Root]>([
      ['require', 'none'],
      ['require', 'root'],
      ['verify-ca', 'root'],
      ['verify-full', 'root'],
    ])('is rejected with sslmode=%s and the root certificate "%s"', async (mode, root) => {
      const { message } = await refusalToOpen(urlOf('localhost', mode, root));
      expect(message).toMatch(/not support (SSL connections|secure connection)/);
    });

    it('is used with sslmode=disable', async () => {
      expect(await isEncrypted(urlOf('127.0.0.1', 'disable', 'none'))).toBe(false);
    });
  });
}
