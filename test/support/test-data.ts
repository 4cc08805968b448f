import { readFileSync } from 'node:fs';

/** Reads a JSON file of `test/data`. */
export function testData<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8')) as T;
}
