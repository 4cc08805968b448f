import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  escapeInvisible,
  isName,
  isVisible,
  isWellFormedText,
} from '../../../src/encoding/well-formed-text.js';

const INVISIBLE = [
  ...[0x00, 0x07, 0x09, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0xa0, 0xad, 0x034f, 0x061c, 0x115f, 0x1160],
  ...[0x1680, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x2000, 0x2009, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f],
  ...[0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x202f, 0x205f, 0x2060, 0x2061, 0x2065],
  ...[0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0x2800, 0x3000, 0x3164, 0xe000, 0xf8ff, 0xfdd0],
  ...[
    0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0x16fe4, 0x1bca0, 0x1d159, 0x1d173,
    0x1fffe,
  ],
  ...[0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xf0000, 0x10fffd, 0x10ffff, 0xd800, 0xdfff],
].map((code) => String.fromCodePoint(code));
const named = INVISIBLE.map((character) => [
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  character,
]);

describe('a name', () => {
  it.each(named)('cannot contain %s at any position', (_name, character) => {
    for (const text of [`${character}user-1`, `user-1${character}`, `us${character}er-1`, character]) {
      expect(isName(text)).toBe(false);
      expect(isVisible(text)).toBe(false);
    }
  });

  it.each([
    'user-42',
    'Jane Doe',
    'https://api.example.com/logs?a=b#c',
    'jürgen',
    'Ζωή',
    'Łukasz',
    'мария',
    'שלום',
    'سلام',
    'हिन्दी',
    'ภาษาไทย',
    '日本語',
    '한국어',
    'e\u0301',
    '😀',
    '👩',
    '~!@#$%^&*()_+`-={}|[]\\:";\'<>?,./',
    '😀'.repeat(255),
  ])('can be %j', (text) => {
    expect(isName(text)).toBe(true);
    expect(escapeInvisible(text)).toBe(text);
  });

  it('in an existing token can contain invisible characters', () => {
    expect(isWellFormedText('user\u200b-1')).toBe(true);
  });

  it('that is accepted needs no escaping', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        if (isName(text)) expect(escapeInvisible(text)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('escapeInvisible', () => {
  it.each(named)('escapes %s so that JSON.parse restores it', (_name, character) => {
    const escaped = escapeInvisible(`a${character}b`);
    expect(escaped).toMatch(/^a(\\u[0-9a-f]{4}){1,2}b$/);
    expect(JSON.parse(`"${escaped}"`)).toBe(`a${character}b`);
  });

  it('leaves no control or format character in JSON, and keeps its value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = escapeInvisible(JSON.stringify({ text }));
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect(JSON.parse(json)).toEqual({ text });
      }),
      { numRuns: 1_000 },
    );
  });
});
