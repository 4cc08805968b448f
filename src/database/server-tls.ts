import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { ServerAddress } from './database-url.js';
import { readRootCertificates, systemRootCertificates } from './root-certificates.js';

/** What is verified about a server. */
interface TlsChecks {
  /** The trusted roots; those of Node if omitted. */
  readonly roots?: readonly string[];
  readonly verifiesChain: boolean;
  readonly verifiesHost: boolean;
}

/**
 * Interprets `sslmode` as libpq does: `require` encrypts without verifying the server, but with a root it
 * means `verify-ca`; Unix sockets are never encrypted.
 *
 * @returns `undefined` if nothing is encrypted
 */
function tlsChecks({ host, tls }: ServerAddress): TlsChecks | undefined {
  if (!tls || tls.mode === 'disable' || host.startsWith('/')) return undefined;
  const { mode, rootFile } = tls;
  if (mode === 'require' && rootFile === undefined) return { verifiesChain: false, verifiesHost: false };
  const roots = rootFile === undefined ? systemRootCertificates() : readRootCertificates(rootFile);
  return { ...(roots && { roots }), verifiesChain: true, verifiesHost: mode === 'verify-full' };
}

/** The option `ssl` of the driver `pg`, which passes it to `node:tls`. */
interface PostgresTls {
  readonly ca?: string[];
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * @returns the option `ssl` of the driver; `undefined` if the URL does not say, so that `PGSSLMODE` still
 *   applies
 */
export function postgresTls(address: ServerAddress): PostgresTls | false | undefined {
  if (!address.tls) return undefined;
  const checks = tlsChecks(address);
  if (!checks) return false;
  return {
    ...(checks.roots && { ca: [...checks.roots] }),
    rejectUnauthorized: checks.verifiesChain,
    checkServerIdentity: (_name, certificate) =>
      checks.verifiesHost ? checkServerIdentity(address.host, certificate) : undefined,
  };
}

/** Options of TypeORM for the driver `mysql2`. */
interface MysqlTls {
  readonly ssl?: object;
  readonly extra?: { readonly stream: () => Socket };
}

/** @returns the options for a server; empty if nothing is encrypted */
export function mysqlTls(address: ServerAddress): MysqlTls {
  const checks = tlsChecks(address);
  if (!checks) return {};
  return {
    ssl: {
      ...(checks.roots && { ca: [...checks.roots] }),
      rejectUnauthorized: checks.verifiesChain,
      verifyIdentity: checks.verifiesHost,
    },
    ...(checks.verifiesHost && isIP(address.host) !== 0 && { extra: { stream: () => socketTo(address) } }),
  };
}

const MYSQL_PORT = 3306;

/**
 * Connects a socket that knows its IP address. For verification the driver passes `node:tls` a host name, but
 * no IP address; `node:tls` then uses the host of the socket, and without that, `localhost`.
 */
function socketTo({ host, port = MYSQL_PORT }: ServerAddress): Socket {
  const socket = connect({ host, port, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: host });
}
