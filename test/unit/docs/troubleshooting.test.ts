import { describe, expect, it } from '@jest/globals';
import { REFUSAL_MESSAGES } from '../../../src/jwt/verification-result.js';
import { readPage } from '../../support/markdown.js';
import { isMessageOf, sourceFiles } from '../../support/source-files.js';

const { text } = readPage('docs/troubleshooting.md');
const errors = text.slice(text.indexOf('## Errors'), text.indexOf('## Windows'));

/** The messages in the first column of the tables. */
const explained = [...errors.matchAll(/^\| (.+?) \|/gm)]
  .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
  .map(([, message = '']) => message)
  .filter((message) => message.includes(' '));

const files = sourceFiles();

describe('docs/troubleshooting.md', () => {
  it.each(Object.values(REFUSAL_MESSAGES))('explains the error "%s"', (message) => {
    expect(explained).toContain(message);
  });

  it.each(explained)('explains "%s", a message of the source', (message) => {
    expect(isMessageOf(files, message)).toBe(true);
  });

  it('explains more than the errors of /verify', () => {
    expect(explained.length).toBeGreaterThan(20);
  });
});
