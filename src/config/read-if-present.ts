import { readFileSync } from 'node:fs';

/**
 * @returns the text of the file; `undefined` if it does not exist
 * @throws {Error} of the file system, if it exists and cannot be read
 */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
