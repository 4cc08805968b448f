import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url);
const document = readFileSync(new URL('SECURITY.md', ROOT), 'utf8');

/** What is named between backquotes and stands in this repository, rather than being made or asked for. */
const FILE = /`((?:src|test|docs|deploy|scripts)\/[^`\s]+)`/g;
const files = new Set([...document.matchAll(FILE)].map(([, path = '']) => path));

/** The rows of the tables of requirements: what is required, where it is met, the test. */
const rows = document
  .slice(document.indexOf('## The requirements, one by one'))
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const met = rows.filter(
  ([name = '', where = '', test]) =>
    /^\d/.test(name) && test !== undefined && !/^\*\*(Not met|Does not apply)\*\*/.test(where),
);

const numbered = (section: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${section}.${index + 1}`);

describe('SECURITY.md', () => {
  it('names files of the source and of the tests', () => {
    expect([...files].filter((path) => path.startsWith('src/')).length).toBeGreaterThan(20);
    expect([...files].filter((path) => path.startsWith('test/')).length).toBeGreaterThan(20);
  });

  it('names no file that is not there', () => {
    expect([...files].filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it.each([
    ['ASVS V9', [...numbered('9.1', 3), ...numbered('9.2', 4)]],
    ['ASVS V10', [2, 3, 5, 16, 5, 2, 3].flatMap((count, index) => numbered(`10.${index + 1}`, count))],
    ['RFC 8725', numbered('3', 12)],
  ])('speaks of each requirement of %s', (_name, numbers) => {
    const spokenOf = new Set(rows.flatMap(([name = '']) => name.match(/\d+(\.\d+)+/g) ?? []));
    expect(numbers.filter((number) => !spokenOf.has(number))).toEqual([]);
  });

  it.each(met)('says of "%s" where it is met and which test shows it', (_name, where, test) => {
    expect(where).toMatch(/`src\//);
    expect(test).toMatch(/`test\//);
  });
});
