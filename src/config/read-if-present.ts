import { readFileSync } from 'node:fs';

/**
 * @returns the text of the file, `undefined` where there is none
 * @throws {Error} of the file system, where it is there and cannot be read
 */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
