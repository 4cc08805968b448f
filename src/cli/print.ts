import type { ClientDocument } from '../clients/client.document.js';

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

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ') || '-';
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
