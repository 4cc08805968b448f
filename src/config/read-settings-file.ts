import { isUtf8 } from 'node:buffer';
import { lstatSync, readFileSync } from 'node:fs';
import { type Assignment, parseSettingsFile } from './settings-file.js';

/** Bytes. Far more than all settings need: a larger file is another one by mistake. */
const MAX_SIZE = 1024 * 1024;

/** An existing settings file. */
export interface SettingsFile {
  readonly path: string;
  readonly assignments: readonly Assignment[];
  /** By line number, never with the text of the line. */
  readonly faults: readonly string[];
}

/** @returns `undefined` if the file does not exist; an unusable one has faults and no assignments */
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

/** A dangling link is a lost file, not one that never existed. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function encodingFaults(path: string, bytes: Buffer): string[] {
  if (bytes.length > MAX_SIZE) return [`${path} is over 1 MiB`];
  if (isUtf8(bytes)) return [];
  // In latin1, a line end is one in every encoding that is close to ASCII.
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1'))) + 1;
  return [`${path} line ${line} is not UTF-8`];
}
