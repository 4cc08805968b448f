import { describe, expect, it } from '@jest/globals';
import { REFUSAL_MESSAGES } from '../../../src/token/dto/token-response.dto.js';
import { readPage } from '../../support/markdown.js';
import { sourceFiles } from '../../support/source-files.js';

const { text } = readPage('docs/troubleshooting.md');
const errors = text.slice(text.indexOf('## Errors'), text.indexOf('## Windows'));

/** The messages in the first column of the tables. */
const explained = [...errors.matchAll(/^\| (.+?) \|/gm)]
  .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
  .map(([, message = '']) => message)
  .filter((message) => message.includes(' '));
const code = sourceFiles()
  .map((file) => file.code)
  .join('\n');

/** Numbers, names of headers and names of scopes come from elsewhere than the message. */
const patternOf = (message: string): RegExp =>
  new RegExp(
    message
      .replaceAll(/[().*+?]/g, '\\$&')
      .replaceAll(/\d+|\bAuthorization\b|\bidentity:admin\b/g, '(?:$&|\\$\\{[^}]+\\})'),
  );

describe('docs/troubleshooting.md', () => {
  it.each(Object.values(REFUSAL_MESSAGES))('explains the error "%s"', (message) => {
    expect(explained).toContain(message);
  });

  it.each(explained)('explains "%s", which the service says', (message) => {
    expect(code).toMatch(patternOf(message));
  });

  it('explains more than the errors of /verify', () => {
    expect(explained.length).toBeGreaterThan(20);
  });
});
