import { isUtf8 } from 'node:buffer';
import { lstatSync, readFileSync } from 'node:fs';
import { type Assignment, parseSettingsFile } from './settings-file.js';

/** Bytes. Far more than all settings need: a larger file is another one by mistake. */
const MAX_SIZE = 1024 * 1024;

/** A settings file that was found. */
export interface SettingsFile {
  readonly path: string;
  readonly assignments: readonly Assignment[];
  /** By the numbers of lines, never with their text. */
  readonly faults: readonly string[];
}

/** @returns `undefined` if there is no file; one that is there and cannot be used has faults and no assignments */
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
  // Drops a byte order mark.
  const parsed = parseSettingsFile(new TextDecoder().decode(bytes));
  return {
    path,
    assignments: parsed.assignments,
    faults: parsed.faults.map(({ line, words }) => `${path} line ${line} ${words}`),
  };
}

/** A link that leads nowhere is a file that is lost, not one that was never there. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function encodingFaults(path: string, bytes: Buffer): string[] {
  if (bytes.length > MAX_SIZE) return [`${path} is over 1 MiB`];
  if (isUtf8(bytes)) return [];
  // Read byte by byte, a line end is one in every encoding that is close to ASCII.
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1'))) + 1;
  return [`${path} line ${line} is not UTF-8`];
}
