import type { ClientDocument } from '../clients/client.document.js';
import type { ChangedField } from './client-changes.js';

/** Writes a value for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Writes one line for people. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes what a client is, for people: one member a line. */
export function printClient(client: ClientDocument): void {
  const width = Math.max(...Object.keys(client).map((name) => name.length));
  for (const [name, value] of Object.entries(client)) printLine(`${name.padEnd(width)}  ${shown(value)}`);
}

/**
 * Writes what a change did: behind the client, for people; on standard error if the client was written for programs.
 */
export function printChanges(fields: readonly ChangedField[], json = false): void {
  const output = json ? process.stderr : process.stdout;
  for (const { field, previous, current } of fields) {
    output.write(`Changed ${field}: ${shown(previous)} -> ${shown(current)}\n`);
  }
  if (fields.length === 0) output.write('Nothing changed\n');
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ') || '-';
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
