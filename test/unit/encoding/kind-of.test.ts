import { describe, expect, it } from '@jest/globals';
import { kindOf } from '../../../src/encoding/kind-of.js';

describe('kindOf', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'an empty string'],
    ['secret', 'a string'],
    [0, 'a number'],
    [false, 'a boolean'],
    [[], 'an empty array'],
    [['secret'], 'an array'],
    [{ secret: 1 }, 'an object'],
    [Promise.resolve('secret'), 'a promise'],
    [() => 'secret', 'a function'],
  ])('of %p is %s', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
