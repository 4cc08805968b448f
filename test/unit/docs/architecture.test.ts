import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readPage } from '../../support/markdown.js';

const SRC = new URL('../../../src/', import.meta.url);
const { text } = readPage('docs/architecture.md');
const table = text.slice(text.indexOf('| folder of `src` |'), text.indexOf('## The walk'));

describe('docs/architecture.md', () => {
  it('describes every folder of src exactly once', () => {
    const described = [...table.matchAll(/^\| ((?:`[\w-]+`,? ?)+) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
    );
    const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(described.sort()).toEqual(folders.map(({ name }) => name).sort());
  });
});
