import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const requirements = read('docs/security-requirements.md');

/** A path in backquotes under a folder of this repository, not one of a file that is created or requested. */
const FILE = /`((?:src|test|docs|deploy|scripts)\/[^`\s]+)`/g;
const filesIn = (text: string): string[] => [...text.matchAll(FILE)].map(([, path = '']) => path);
const files = new Set(filesIn(read('SECURITY.md') + requirements));

/** The rows of the tables: the requirement, how it is met, the test. */
const rows = requirements
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const met = rows.filter(
  ([name = '', how = '', test]) =>
    /^\d/.test(name) && test !== undefined && !/^\*\*(Not met|Does not apply)\*\*/.test(how),
);

const numbered = (section: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${section}.${index + 1}`);

describe('SECURITY.md and docs/security-requirements.md', () => {
  it('name source files and test files', () => {
    expect([...files].filter((path) => path.startsWith('src/')).length).toBeGreaterThan(20);
    expect([...files].filter((path) => path.startsWith('test/')).length).toBeGreaterThan(20);
  });

  it('name only files that exist', () => {
    expect([...files].filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it.each([
    ['ASVS V9', [...numbered('9.1', 3), ...numbered('9.2', 4)]],
    ['ASVS V10', [2, 3, 5, 16, 5, 2, 3].flatMap((count, index) => numbered(`10.${index + 1}`, count))],
    ['RFC 8725', numbered('3', 12)],
  ])('cover each requirement of %s', (_name, numbers) => {
    const covered = new Set(rows.flatMap(([name = '']) => name.match(/\d+(\.\d+)+/g) ?? []));
    expect(numbers.filter((number) => !covered.has(number))).toEqual([]);
  });

  it.each(met)('name the code that meets "%s" and its test', (_name, how, test) => {
    expect(how).toMatch(/`src\//);
    expect(test).toMatch(/`test\//);
  });
});
