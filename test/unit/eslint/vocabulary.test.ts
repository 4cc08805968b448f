import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { findInName, findInProse, WORDS } from '../../../eslint/vocabulary.js';

const glossary = readFileSync(new URL('../../../docs/glossary.md', import.meta.url), 'utf8');

describe('the table of words to keep out', () => {
  it('matches the glossary', () => {
    const [, table = ''] = glossary.split(/^## Words to keep out$[^]*^\| -+ \| -+ \|$/mu);
    const rows = [...table.matchAll(/^\| (.*?) +\| (.*?) +\|$/gmu)].map(([, not, but]) => ({ not, but }));
    const words = WORDS.map(({ not, about, but }) => ({
      not: not.map((word) => `\`${word}\``).join(', ') + (about === undefined ? '' : ` (${about})`),
      but,
    }));

    expect(rows).toEqual(words);
  });

  it.each(WORDS.flatMap(({ not, but }) => not.map((word) => [word, but])))('finds %j', (word, but) => {
    const findings = [...findInProse(word), ...findInProse(word, 'markdown'), ...findInName(word)];

    expect(findings.map((finding) => finding.but)).toContain(but);
  });
});

describe('findInProse', () => {
  it.each([
    'The token is valid if its signature verifies.',
    'Reads `where` and {@link judgeToken} as code.',
    'a known good version, good enough',
    'takes one step forward, then one or two back',
    'Someone who has the secret stands for the service: stand-in, standalone.',
    'anywhere, elsewhere, nowhere',
    'Two clients in turn; it turns out that turning it off helps.',
    'a private member of the class',
    'Anything further away throws away the rest.',
    'a line that ends in a key',
  ])('leaves %j alone', (text) => {
    expect(findInProse(text)).toEqual([]);
  });

  it('finds words across a line break in a comment', () => {
    expect(findInProse('/**\n * A token that was taken\n   * back.\n */')).toEqual([
      { found: 'taken back', but: 'revoked, revokes', index: 24 },
    ]);
  });

  it.each(['the folder where the service starts', 'says where the keys are', 'where to look'])(
    'accepts a place in Markdown: %j',
    (text) => {
      expect(findInProse(text, 'markdown')).toEqual([]);
    },
  );

  it.each(['Where the database fails', 'the default where it is absent', 'fails, where a key is weak'])(
    'finds a condition in Markdown: %j',
    (text) => {
      expect(findInProse(text, 'markdown')).toHaveLength(1);
    },
  );
});

describe('findInName', () => {
  it.each(['judgeToken', 'FORMER_SECRETS', 'answers-of-a-turn', 'NowOrLater', 'isGood', 'whenTold'])(
    'finds a word in %s',
    (name) => {
      expect(findInName(name)).toHaveLength(1);
    },
  );

  it.each(['verifyToken', 'returnsValue', 'information', 'where', 'members', 'goods', 'saturn'])(
    'accepts %s',
    (name) => {
      expect(findInName(name)).toEqual([]);
    },
  );
});
