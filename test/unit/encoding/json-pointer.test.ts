import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePointer, valueAt } from '../../../src/encoding/json-pointer.js';

/** The document of RFC 6901 §5, without the whole document. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

describe('parsePointer and valueAt', () => {
  it.each<[string, unknown]>([
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/~01', undefined],
    ['/foo/2', undefined],
    ['/foo/00', undefined],
    ['/foo/-', undefined],
    ['/foo/length', undefined],
    ['/constructor', undefined],
    ['/__proto__', undefined],
    ['/foo/0/0', undefined],
    ['/missing/deeper', undefined],
  ])('%s references %j', (pointer, expected) => {
    const tokens = parsePointer(pointer);
    expect(tokens && valueAt(DOCUMENT, tokens)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['the whole document', ''],
    ['no leading slash', 'foo'],
    ['a lone tilde', '/a~b'],
    ['an unknown escape', '/a~2'],
    ['256 characters', `/${'a'.repeat(255)}`],
    ['a number', 1],
    ['null', null],
  ])('refuse %s', (_name, pointer) => {
    expect(parsePointer(pointer)).toBeUndefined();
  });

  it('find every value by its escaped names', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 10 }), { minLength: 1, maxLength: 5 }), (names) => {
        fc.pre(!names.includes('__proto__'));
        const pointer = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        const document = names.reduceRight<unknown>((value, name) => ({ [name]: value }), 'found');
        expect(valueAt(document, parsePointer(pointer) ?? [])).toBe('found');
      }),
    );
  });
});
