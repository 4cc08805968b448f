import { describe, expect, it } from '@jest/globals';
import { blocksOf, readPage } from '../../support/markdown.js';
import { isMessageOf, sourceFiles } from '../../support/source-files.js';

/** What `doctor` reports, in the blocks of output. */
const findings = blocksOf(readPage('docs/keys.md'))
  .filter(({ info }) => info === 'text')
  .flatMap(({ text }) => [...text.matchAll(/^(?:ok|note|wrong) +(.+)$/gm)])
  .map(([, message = '']) => message);

const files = sourceFiles();

describe('docs/keys.md', () => {
  it('shows what doctor reports', () => {
    expect(findings.length).toBeGreaterThan(5);
  });

  it.each(findings)('shows "%s", as doctor says it', (message) => {
    expect(isMessageOf(files, message)).toBe(true);
  });
});
