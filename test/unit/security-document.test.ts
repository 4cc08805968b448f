import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('SECURITY.md names only files and scripts that are there', () => {
  const text = readFileSync(root('SECURITY.md'), 'utf8');
  const paths = [...text.matchAll(/`((?:test|src|deploy)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => !existsSync(root(path)))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync(root('package.json'), 'utf8')) as { scripts: object };
  const named = [...text.matchAll(/`npm run ([\w:-]+)`/g)].map(([, name = '']) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});
