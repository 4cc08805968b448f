import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** Reads the JSON file that an option names. */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new InvalidArgumentError('The file cannot be read.');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InvalidArgumentError('The file is not JSON.');
  }
}
