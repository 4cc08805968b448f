import { describe, expect, it } from '@jest/globals';
import { blocksOf, readPage } from '../../support/markdown.js';
import { isMessageOf, sourceFiles } from '../../support/source-files.js';

/** The findings of `doctor` in the blocks of output. */
const findings = blocksOf(readPage('docs/keys.md'))
  .filter(({ info }) => info === 'text')
  .flatMap(({ text }) => [...text.matchAll(/^(?:ok|note|wrong) +(.+)$/gm)])
  .map(([, message = '']) => message);

const files = sourceFiles();

describe('docs/keys.md', () => {
  it('shows the output of doctor', () => {
    expect(findings.length).toBeGreaterThan(5);
  });

  it.each(findings)('shows "%s", a message of the source', (message) => {
    expect(isMessageOf(files, message)).toBe(true);
  });
});
