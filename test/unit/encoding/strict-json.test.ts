import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeUtf8,
  isInterchangeable,
  isJsonObject,
  MAX_JSON_DEPTH,
  parseStrictJson,
} from '../../../src/encoding/strict-json.js';

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

const mentionsPrototype = (value: unknown): boolean => JSON.stringify(value).includes('__proto__');

describe('parseStrictJson', () => {
  it.each([
    ['null', null],
    ['0', 0],
    ['" a "', ' a '],
    ['{}', {}],
    [' { "a" : [ 1 , { "b" : ":" } ] } ', { a: [1, { b: ':' }] }],
    ['{"a":":","b":"\\":","c":"\\\\"}', { a: ':', b: '":', c: '\\' }],
    ['{"a:":"{\\"a\\":1,\\"a\\":2}"}', { 'a:': '{"a":1,"a":2}' }],
    ['{"constructor":1,"toString":2,"hasOwnProperty":3}', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
    ['{"a":{"a":{"a":1}}}', { a: { a: { a: 1 } } }],
    ['[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
  ])('parses %s', (text, value) => {
    expect(parseStrictJson(text)).toEqual(value);
  });

  it.each([
    ['an empty text', ''],
    ['a name without quotes', '{a:1}'],
    ['a trailing comma', '[1,]'],
    ['two values', '{}{}'],
    ['a byte order mark', '\uFEFF{}'],
    ['NaN', 'NaN'],
    ['a comment', '{}//'],
  ])('rejects %s', (_name, text) => {
    expect(parseStrictJson(text)).toBeUndefined();
  });

  it.each([
    ['twice in the outermost object', '{"a":1,"a":2}'],
    ['twice with the same value', '{"a":1,"a":1}'],
    ['twice in an inner object', '{"x":{"a":1,"a":2}}'],
    ['twice in an object of an array', '[0,{"a":1,"b":2,"a":3}]'],
    ['once escaped and once not', '{"a":1,"\\u0061":2}'],
    ['twice, with a quote in its name', '{"a\\"":1,"a\\"":2}'],
    ['twice, with a backslash at the end of its name', '{"a\\\\":1,"a\\\\":2}'],
    ['twice, with fields in its first value', '{"a":{"b":1,"c":2},"a":3}'],
    ['twice, with an empty name', '{"":1,"":2}'],
    ['twice, with a number as its name', '{"1":1,"1":2}'],
  ])('rejects a field that occurs %s', (_name, text) => {
    expect(parseStrictJson(text)).toBeUndefined();
  });

  it.each([
    ['in the outermost object', '{"__proto__":1}'],
    ['in a nested object', '{"a":[{"__proto__":{"admin":true}}]}'],
    ['with an escape in its name', '{"\\u005f_proto__":null}'],
  ])('rejects a field __proto__ %s', (_name, text) => {
    expect(parseStrictJson(text)).toBeUndefined();
  });

  it('accepts __proto__ as a value', () => {
    expect(parseStrictJson('{"a":"__proto__"}')).toEqual({ a: '__proto__' });
  });

  it.each([
    ['arrays', nested(MAX_JSON_DEPTH), nested(MAX_JSON_DEPTH + 1)],
    [
      'objects',
      `${nested(MAX_JSON_DEPTH - 1, '{"a":', '}').replace(':}', ':{}}')}`,
      `${nested(MAX_JSON_DEPTH, '{"a":', '}').replace(':}', ':{}}')}`,
    ],
  ])('accepts 32 levels of %s and rejects 33', (_name, within, beyond) => {
    expect(parseStrictJson(within)).toBeDefined();
    expect(parseStrictJson(beyond)).toBeUndefined();
  });

  it('rejects nesting that would exhaust the stack', () => {
    expect(parseStrictJson(nested(100_000))).toBeUndefined();
    expect(parseStrictJson(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)).toBeUndefined();
  });

  it('parses the output of JSON.stringify as JSON.parse does', () => {
    const values = fc
      .jsonValue({ maxDepth: 8, noUnicodeString: false })
      .filter((each) => !mentionsPrototype(each));
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('rejects every object in which a name occurs twice', () => {
    const names = fc.string().filter((name) => name !== '__proto__');
    const fields = fc.uniqueArray(fc.tuple(names, fc.jsonValue({ maxDepth: 2 })), {
      minLength: 1,
      maxLength: 6,
      selector: ([name]) => name,
    });
    const wrappings = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `[${text}]`,
      (text) => `{"outer":${text}}`,
    );
    fc.assert(
      fc.property(
        fields,
        fc.nat(),
        fc.jsonValue({ maxDepth: 2 }),
        wrappings,
        (entries, pick, again, wrap) => {
          const [name] = entries[pick % entries.length] ?? [''];
          const texts = [...entries, [name, again]].map(
            ([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`,
          );
          expect(parseStrictJson(wrap(`{${texts.join(',')}}`))).toBeUndefined();
        },
      ),
    );
  });
});

describe('decodeUtf8', () => {
  it('decodes UTF-8', () => {
    expect(decodeUtf8(new TextEncoder().encode('é 東 😀'))).toBe('é 東 😀');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong encoding', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a truncated character', [0xe6, 0x9d]],
    ['a code point over U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('rejects %s', (_name, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('keeps a byte order mark, so that it is rejected as JSON', () => {
    expect(decodeUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31]))).toBe('\uFEFF1');
  });
});

describe('isInterchangeable', () => {
  it.each([[null], [true], [1.5], ['😀'], [{ a: [{ é: 'x' }] }]])('accepts %j', (value) => {
    expect(isInterchangeable(value)).toBe(true);
  });

  it.each([
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a lone surrogate deep in a value', { a: [{ b: 'x\ud800' }] }],
    ['a number too large for a double', { a: [Infinity] }],
  ])('rejects %s', (_name, value) => {
    expect(isInterchangeable(value)).toBe(false);
  });
});

describe('isJsonObject', () => {
  it.each([
    [{}, true],
    [[], false],
    [null, false],
    ['a', false],
    [undefined, false],
  ])('of %j is %j', (value, is) => {
    expect(isJsonObject(value)).toBe(is);
  });
});
