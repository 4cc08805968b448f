import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { RemoteFailure } from '../http-client/remote-failure.js';

/** The largest file with a token, in bytes. */
const MAX_TOKEN_BYTES = 64 * 1024;

/** The largest file of certificates, in bytes; those of operating systems have about 250 KB. */
const MAX_CERTIFICATES_BYTES = 4 * 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What an Authorization header can carry (RFC 9110 §11.2 allows less, but others issue such tokens). */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * Reads the bearer token in a file. It is read for each fetch, because Kubernetes replaces it.
 *
 * @param url the URL that requires the token, for the error
 * @throws {RemoteFailure} if it cannot be read or is not one token; the message quotes nothing of it
 */
export async function readBearerToken(path: string, url: string): Promise<string> {
  const token = (await readText(path, MAX_TOKEN_BYTES, { name: 'token_file', url })).trim();
  if (!VISIBLE_ASCII.test(token)) throw new RemoteFailure(url, 'token_file does not contain one token');
  return token;
}

/**
 * Reads the certificates in a file.
 *
 * @param url the URL whose server they verify, for the error
 * @returns PEM, without anything else that the file contains
 * @throws {RemoteFailure} if it cannot be read, or contains no certificate or an invalid one
 */
export async function readCertificates(path: string, url: string): Promise<string> {
  const text = await readText(path, MAX_CERTIFICATES_BYTES, { name: 'ca_file', url });
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new RemoteFailure(url, 'ca_file has no certificate in PEM');
  if (!found.every(isCertificate)) {
    throw new RemoteFailure(url, 'ca_file has a certificate that cannot be read');
  }
  return found.join('\n');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/** @throws {RemoteFailure} that omits the path, which the operator knows */
async function readText(
  path: string,
  maxBytes: number,
  { name, url }: { readonly name: string; readonly url: string },
): Promise<string> {
  try {
    // Without this flag, opening a named pipe would wait for its other end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new RemoteFailure(url, `${name} is not a file`);
      if (stats.size > maxBytes) throw new RemoteFailure(url, `${name} is over ${maxBytes / 1024} KiB`);
      return await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof RemoteFailure) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown cause';
    throw new RemoteFailure(url, `${name} cannot be read (${code})`);
  }
}
