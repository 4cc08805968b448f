import { resolve } from 'node:path';
import {
  crossesNetworkInPlainText,
  databaseAddress,
  parseDatabaseUrl,
  sqlitePath,
} from '../database/database-url.js';
import { readRootCertificates, RootCertificateError } from '../database/root-certificates.js';

/** Whether a URL is that of a supported database. Its parameters are checked by {@link databaseFaults}. */
export function isDatabaseUrl(url: string): boolean {
  const parsed = parseDatabaseUrl(url);
  return 'kind' in parsed || parsed.parameters !== undefined;
}

/**
 * What is wrong with the parameters of `DATABASE_URL`, and with the file that they name.
 *
 * @param directory base of relative paths
 */
export function databaseFaults(url: string, directory: string): string[] {
  const parsed = parseDatabaseUrl(url);
  if (!('kind' in parsed)) {
    return parsed.parameters === undefined ? [] : [`DATABASE_URL ${parsed.parameters}`];
  }
  const rootFile = rootFileOf(url);
  if (rootFile === undefined) return [];
  try {
    readRootCertificates(resolve(directory, rootFile));
    return [];
  } catch (error) {
    if (!(error instanceof RootCertificateError)) throw error;
    return [`DATABASE_URL: ${error.message}`];
  }
}

/** What the operator should know about a production database. */
export function databaseNotices(url: string, production: boolean): string[] {
  return production && crossesNetworkInPlainText(url)
    ? [
        'DATABASE_URL names a database on another host without TLS: clients, keys and the password cross the network unencrypted; add sslmode=verify-full',
      ]
    : [];
}

/**
 * Resolves the relative paths in `DATABASE_URL`, which are an SQLite file and `sslrootcert`, against the
 * folder in which the service starts.
 */
export function withWholePaths(url: string, directory: string): string {
  const address = databaseAddress(url);
  if (address?.kind === 'sqlite') {
    const path = sqlitePath(url);
    return path === ':memory:' ? url : `sqlite:${resolve(directory, path)}`;
  }
  const rootFile = rootFileOf(url);
  if (rootFile === undefined) return url;
  const whole = encodeURIComponent(resolve(directory, rootFile));
  return url.replace(/([?&]sslrootcert=)[^&]*/, (_all, name: string) => `${name}${whole}`);
}

function rootFileOf(url: string): string | undefined {
  const address = databaseAddress(url);
  return address && address.kind !== 'sqlite' ? address.tls?.rootFile : undefined;
}
