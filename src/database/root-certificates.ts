import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import * as tls from 'node:tls';

/** The largest file of root certificates that is read, in bytes; those of whole systems have some 250 KB. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Why root certificates cannot be used: `sslrootcert` …, without the path, which the operator knows. */
export class RootCertificateError extends Error {
  override readonly name = 'RootCertificateError';
}

/**
 * @returns the certificates in a file, each as PEM
 * @throws {RootCertificateError} if it cannot be read, contains no certificate, or an invalid one
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

/** The files in which systems keep their roots: Debian and Alpine, Fedora, SUSE, BSD and macOS. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** `node:tls` of Node 22.15 and later. */
interface CertificateStores {
  getCACertificates?: (type: 'system' | 'extra') => readonly string[];
}

/**
 * The roots that the system trusts. Node by default trusts only its bundled ones, not the root of a company
 * that the system knows.
 *
 * @returns `undefined` if the system has none: then those of Node apply
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
