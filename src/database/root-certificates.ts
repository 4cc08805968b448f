import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import * as tls from 'node:tls';

/** The largest accepted file of root certificates, in bytes; those of operating systems have about 250 KB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Root certificates that cannot be used. The message begins with `sslrootcert` and omits the path, which the
 * operator knows.
 */
export class RootCertificateError extends Error {
  override readonly name = 'RootCertificateError';
}

/**
 * Reads the root certificates in a file.
 *
 * @returns each certificate as PEM
 * @throws {RootCertificateError} if the file cannot be read, or contains no certificate or an invalid one
 */
export function readRootCertificates(path: string): readonly string[] {
  const found = readText(path).match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new RootCertificateError('sslrootcert has no certificate in PEM');
  for (const certificate of found) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new RootCertificateError('sslrootcert has a certificate that cannot be read', { cause });
    }
  }
  return found;
}

function readText(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new RootCertificateError('sslrootcert is not a file');
    if (stats.size > MAX_FILE_BYTES) throw new RootCertificateError('sslrootcert is larger than 4 MiB');
    return readFileSync(path, 'latin1');
  } catch (cause) {
    if (cause instanceof RootCertificateError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown cause';
    throw new RootCertificateError(`sslrootcert cannot be read (${code})`, { cause });
  }
}

/** The files in which operating systems keep their roots: Debian and Alpine, Fedora, SUSE, BSD and macOS. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The function of `node:tls` that Node has since 22.15. */
interface CertificateStores {
  getCACertificates?: (type: 'system' | 'extra') => readonly string[];
}

/**
 * The roots that the operating system trusts. By default Node trusts only its bundled roots, and not that of
 * a company, for instance.
 *
 * @returns `undefined` if the system has none; those of Node apply then
 */
export function systemRootCertificates(): readonly string[] | undefined {
  const { getCACertificates } = tls as CertificateStores;
  const roots = getCACertificates
    ? [...getCACertificates('system'), ...getCACertificates('extra')]
    : firstReadable(SYSTEM_FILES);
  return roots.length === 0 ? undefined : roots;
}

function firstReadable(paths: readonly string[]): readonly string[] {
  for (const path of paths) {
    try {
      return readRootCertificates(path);
    } catch {
      // Try the next one.
    }
  }
  return [];
}
