import { escapeInvisible } from '../encoding/well-formed-text.js';
import type { ChangedField } from './client-changes.js';

/**
 * Prints a value as JSON, for programs. Characters that a terminal would interpret are escaped, which leaves
 * the value the same.
 */
export function printJson(value: unknown): void {
  write(JSON.stringify(value, undefined, 2), '\n');
}

/** Prints one line for people, with the control and format characters of data escaped. */
export function printLine(text: string): void {
  write(text, '\t');
}

/** @param layout the control character that is part of the layout; all others are data */
function write(text: string, layout: '\n' | '\t', output: NodeJS.WritableStream = process.stdout): void {
  output.write(`${text.split(layout).map(escapeInvisible).join(layout)}\n`);
}

/** Prints a client or another object for people, one field per line. */
export function printFields(fields: object): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, value] of Object.entries(fields)) printLine(`${name.padEnd(width)}  ${shown(value)}`);
}

/**
 * Prints the fields that a change replaced. They go to standard output, or to standard error if what
 * was changed is printed as JSON.
 */
export function printChanges(fields: readonly ChangedField[], json = false): void {
  const output = json ? process.stderr : process.stdout;
  for (const { field, previous, current } of fields) {
    write(`Changed ${field}: ${shown(previous)} -> ${shown(current)}`, '\t', output);
  }
  if (fields.length === 0) output.write('Nothing changed\n');
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ') || '-';
  if (value === null) return '-';
  if (value === '') return '""';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
