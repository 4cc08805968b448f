import { describe, expect, it } from '@jest/globals';
import { REFUSAL_MESSAGES } from '../../../src/token/dto/token-response.dto.js';
import { readPage } from '../../support/markdown.js';

const { text } = readPage('docs/troubleshooting.md');

describe('docs/troubleshooting.md', () => {
  it.each(Object.values(REFUSAL_MESSAGES))('explains the error "%s"', (message) => {
    expect(text).toMatch(new RegExp(`^\\| \`${message}\` `, 'm'));
  });
});
