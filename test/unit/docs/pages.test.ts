import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { anchorsOf, blocksOf, filesNamedIn, linksOf, pages, readPage } from '../../support/markdown.js';

const ROOT = new URL('../../../', import.meta.url);
const all = pages();

/** The marks of blocks that a test suite executes; CONTRIBUTING.md names the suites. */
const MARKS = [
  'bash run',
  'bash run-cli',
  'bash service',
  'bash run-flow',
  'bash run-mcp',
  'js run-cli',
  'ts recipe',
  'python run-cli',
  'python run-secret',
  'python run-keys',
];
/** The mark of a file that a test suite writes and runs: all files of these pages. */
const FILE = /^(?:ts|js) [\w./-]+\.m?[jt]s$/;
const PAGES_WITH_FILES = ['docs/test.md'];

describe('the pages', () => {
  it('are found in every folder', () => {
    const paths = all.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'docs/README.md', 'docs/decisions/README.md', 'bench/README.md']),
    );
  });

  it.each(all)('$path links only to files and headings that exist', (page) => {
    const broken = linksOf(page).filter(({ file, anchor }) => {
      if (!existsSync(new URL(file, ROOT))) return true;
      return anchor !== undefined && !anchorsOf(readPage(file)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(all.filter(({ path }) => path !== 'CHANGELOG.md'))('$path names only files that exist', (page) => {
    const missing = filesNamedIn(page).filter(
      (path) => !['', 'src/'].some((folder) => existsSync(new URL(folder + path, ROOT))),
    );
    expect(missing).toEqual([]);
  });

  it.each(all.filter(({ path }) => path !== 'CHANGELOG.md'))(
    '$path names only scripts of package.json',
    ({ text }) => {
      const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
        scripts: object;
      };
      const named = [...text.matchAll(/\bnpm run ([\w:-]+)|`(test:[\w-]+)`/g)].map(
        ([, one, other]) => one ?? other,
      );
      expect(named.filter((name = '') => !Object.hasOwn(scripts, name))).toEqual([]);
    },
  );

  it.each([
    ['README.md', 12],
    ['SECURITY.md', 10],
  ])('%s has at most %i KiB', (path, kibibytes) => {
    expect(Buffer.byteLength(readPage(path).text)).toBeLessThanOrEqual(kibibytes * 1024);
  });

  it('docs/README.md links to every page of docs', () => {
    const linked = new Set(linksOf(readPage('docs/README.md')).map(({ file }) => file));
    const missing = all
      .map(({ path }) => path)
      .filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md' && !linked.has(path));
    expect(missing).toEqual([]);
  });

  it('docs/decisions/README.md links to every decision', () => {
    const linked = new Set(linksOf(readPage('docs/decisions/README.md')).map(({ file }) => file));
    const decisions = all.map(({ path }) => path).filter((path) => /^docs\/decisions\/\d/.test(path));
    expect(decisions.length).toBeGreaterThan(10);
    expect(decisions.filter((path) => !linked.has(path))).toEqual([]);
  });

  it('mark commands only with marks that a test executes', () => {
    const marks = all.flatMap((page) =>
      blocksOf(page)
        .map(({ info }) => info)
        .filter((info) => /\S \S/.test(info) && !(PAGES_WITH_FILES.includes(page.path) && FILE.test(info))),
    );
    expect([...new Set(marks)].filter((mark) => !MARKS.includes(mark))).toEqual([]);
  });

  it('README.md shows the commands that start and test the service', () => {
    const { text } = readPage('README.md');
    expect(text).toContain('```bash\nnpm ci && npm start\n```');
    expect(text).toContain('```bash\nnpm ci && npm test\n```');
  });
});
