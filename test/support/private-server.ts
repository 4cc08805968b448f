import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';
import type { TestCertificates } from './test-certificates.js';
import { until } from './until.js';

const STARTS = 30_000;

/** How a kind of server is set up and started. */
export interface ServerKind {
  readonly name: 'PostgreSQL' | 'MariaDB';
  /** Why it is missing on this machine; `undefined` if it is not. */
  readonly missing: string | undefined;
  /** The system user that runs it, if root runs the tests. */
  readonly user: string;
  readonly setUp: (folder: string) => readonly string[];
  readonly start: (folder: string, port: number, tls: boolean) => readonly string[];
  /** @returns the URL without parameters */
  readonly url: (host: string, port: number) => string;
}

const POSTGRES_HOME = '/usr/lib/postgresql';
const postgresPrograms = (existsSync(POSTGRES_HOME) ? readdirSync(POSTGRES_HOME) : [])
  .map((version) => join(POSTGRES_HOME, version, 'bin'))
  .find((folder) => existsSync(join(folder, 'initdb')));

const HOSTS = '127.0.0.1,127.0.0.2';

const postgres: ServerKind = {
  name: 'PostgreSQL',
  missing: postgresPrograms === undefined ? `no initdb in ${POSTGRES_HOME}` : undefined,
  user: 'postgres',
  setUp: (folder) => [
    `${postgresPrograms}/initdb`,
    '-D',
    `${folder}/data`,
    '-U',
    'test',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  ],
  start: (folder, port, tls) => [
    ...[`${postgresPrograms}/postgres`, '-D', `${folder}/data`, '-p', String(port), '-k', folder],
    ...['-c', `listen_addresses=${HOSTS}`, '-c', 'fsync=off', '-c', `ssl=${tls ? 'on' : 'off'}`],
    ...['-c', `ssl_cert_file=${folder}/server.pem`, '-c', `ssl_key_file=${folder}/server.key`],
  ],
  url: (host, port) => `postgres://test:a-password@${host}:${port}/postgres`,
};

const mariadb: ServerKind = {
  name: 'MariaDB',
  missing: existsSync('/usr/sbin/mariadbd') ? undefined : 'no /usr/sbin/mariadbd',
  user: 'mysql',
  setUp: (folder) => [
    'mariadb-install-db',
    '--no-defaults',
    `--datadir=${folder}/data`,
    '--auth-root-authentication-method=normal',
  ],
  start: (folder, port, tls) => [
    ...['/usr/sbin/mariadbd', '--no-defaults', `--datadir=${folder}/data`, `--port=${port}`],
    ...[
      `--bind-address=${HOSTS}`,
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      '--skip-name-resolve',
    ],
    ...(tls ? [`--ssl-cert=${folder}/server.pem`, `--ssl-key=${folder}/server.key`] : ['--skip-ssl']),
  ],
  url: (host, port) => `mysql://root@${host}:${port}/test`,
};

export const SERVER_KINDS: readonly ServerKind[] = [postgres, mariadb];
export const POSTGRES_KIND = postgres;
/** A program that PostgreSQL needs. */
export const POSTGRES_PROGRAM = join(postgresPrograms ?? POSTGRES_HOME, 'initdb');

/** A server that only this test uses, in its own folder. */
export class PrivateServer {
  private process: Program | undefined;

  private constructor(
    private readonly kind: ServerKind,
    private readonly folder: string,
    private readonly port: number,
    private readonly owner: { readonly uid?: number; readonly gid?: number },
  ) {}

  /** @param certificates for encrypted connections */
  static async setUp(kind: ServerKind, certificates?: TestCertificates): Promise<PrivateServer> {
    const folder = join(temporaryDirectory(), 'server');
    mkdirSync(folder);
    chmodSync(join(folder, '..'), 0o755);
    const owner = ownerFor(kind.user);
    if (certificates) {
      copyFileSync(certificates.certificate, join(folder, 'server.pem'));
      copyFileSync(certificates.key, join(folder, 'server.key'));
      chmodSync(join(folder, 'server.key'), 0o600);
    }
    if (owner.uid !== undefined && owner.gid !== undefined) {
      for (const name of ['', ...(certificates ? ['server.pem', 'server.key'] : [])])
        chownSync(join(folder, name), owner.uid, owner.gid);
    }
    const server = new PrivateServer(kind, folder, await freePort(), owner);
    const [program = '', ...args] = kind.setUp(folder);
    execFileSync(program, args, { ...owner, stdio: 'ignore', cwd: folder });
    return server;
  }

  /** @param answers whether the server accepts connections */
  async start(tls: boolean, answers: () => Promise<boolean>): Promise<void> {
    const [program = '', ...args] = this.kind.start(this.folder, this.port, tls);
    this.process = new Program(program, args, { ...this.owner, cwd: this.folder });
    await until(answers, STARTS);
  }

  async stop(): Promise<void> {
    const { process } = this;
    if (!process || process.hasEnded) return;
    // On SIGTERM, PostgreSQL waits for its clients; MariaDB ends only on SIGTERM.
    process.kill(this.kind.name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM');
    await process.ended;
  }

  url(host: string): string {
    return this.kind.url(host, this.port);
  }
}

/** Servers refuse to run as root. */
export function ownerFor(user: string): { readonly uid?: number; readonly gid?: number } {
  if (process.geteuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
