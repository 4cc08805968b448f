import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from '../../../src/concurrency/bounded-map.js';

describe('BoundedMap', () => {
  it('evicts the oldest entry beyond its size', () => {
    const map = new BoundedMap<number>(2).set('a', 1).set('b', 2).set('c', 3);
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('treats a key that is set again as new', () => {
    const map = new BoundedMap<number>(2).set('a', 1).set('b', 2).set('a', 3).set('c', 4);
    expect([...map.keys()]).toEqual(['a', 'c']);
    expect(map.get('a')).toBe(3);
  });
});
