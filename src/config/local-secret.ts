import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsError } from './settings.js';

/**
 * Reads a secret that this installation made for itself, or makes it, so that a first start needs no
 * settings. Only the owner can read the file. Of several processes that start at the same time, one makes it.
 *
 * @param directory contains the file
 * @param name of the file
 * @returns the secret, and the path of the file if it was made just now
 * @throws {Error} if the file is empty or cannot be read, or the directory cannot be written
 */
export function localSecret(directory: string, name: string): { secret: string; madeAt?: string } {
  const path = join(directory, name);
  const kept = read(path);
  if (kept !== undefined) return { secret: kept };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  const secret = randomBytes(48).toString('base64url');
  writeFileSync(draft, secret, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and never replaces a file that another process has made meanwhile.
    linkSync(draft, path);
    return { secret, madeAt: path };
  } catch (error) {
    const other = read(path);
    if (other === undefined) throw error;
    return { secret: other };
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @returns the secret that this installation made for itself; `undefined` if it made none
 * @throws {Error} if the file is empty or cannot be read
 */
export function readLocalSecret(directory: string, name: string): string | undefined {
  return read(join(directory, name));
}

/**
 * The error for a secret that is not set and can be neither read from the data folder nor written to it.
 *
 * @param variable the name of the setting
 * @param error the cause
 */
export function cannotKeep(variable: string, error: unknown): SettingsError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SettingsError([`${variable} is not set, and none can be kept in data/: ${reason}`]);
}

function read(path: string): string | undefined {
  const secret = readIfPresent(path)?.trim();
  if (secret === '') throw new Error(`${path} is empty: delete it, or write the secret into it`);
  return secret;
}

/**
 * @returns the text of the file; `undefined` if it does not exist
 * @throws {Error} of the file system, if it exists and cannot be read
 */
function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
