import { isUtf8 } from 'node:buffer';
import { lstatSync, readFileSync } from 'node:fs';
import { type Assignment, parseSettingsFile } from './settings-file.js';

/** The largest accepted file, in bytes. All settings need far less: a larger file is not a settings file. */
const MAX_SIZE = 1024 * 1024;

/** An existing settings file. */
export interface SettingsFile {
  readonly path: string;
  readonly assignments: readonly Assignment[];
  /** Each names a line by its number, and never quotes it. */
  readonly faults: readonly string[];
}

/**
 * Reads a settings file.
 *
 * @returns `undefined` if the file does not exist; an unreadable one has faults and no assignments
 */
export function readSettingsFile(path: string): SettingsFile | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' && !isLink(path)) return undefined;
    return { path, assignments: [], faults: [`${path} cannot be read (${code})`] };
  }
  const faults = encodingFaults(path, bytes);
  if (faults.length > 0) return { path, assignments: [], faults };
  // The decoder drops a byte order mark.
  const parsed = parseSettingsFile(new TextDecoder().decode(bytes));
  return {
    path,
    assignments: parsed.assignments,
    faults: parsed.faults.map(({ line, words }) => `${path} line ${line} ${words}`),
  };
}

/** Whether the path is a link. A dangling one is a lost file, not one that never existed. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function encodingFaults(path: string, bytes: Buffer): string[] {
  if (bytes.length > MAX_SIZE) return [`${path} is over 1 MiB`];
  if (isUtf8(bytes)) return [];
  // Latin-1 keeps every byte, and a line end is the same in all encodings that extend ASCII.
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1'))) + 1;
  return [`${path} line ${line} is not UTF-8`];
}
