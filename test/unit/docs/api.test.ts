import { describe, expect, it } from '@jest/globals';
import { REFUSAL_MESSAGES } from '../../../src/jwt/verification-result.js';
import { readPage } from '../../support/markdown.js';

const { text } = readPage('docs/api.md');
const section = text.slice(
  text.indexOf('### The order of the checks'),
  text.indexOf('## POST /oauth2/token'),
);

describe('docs/api.md', () => {
  it('gives every code with which /verify refuses a token, in the order of the checks', () => {
    const codes = [...section.matchAll(/^\|.+\| `(\w+)` \| 401 \|$/gm)].map(([, code = '']) => code);
    expect([...new Set(codes)]).toEqual(Object.keys(REFUSAL_MESSAGES));
  });
});
