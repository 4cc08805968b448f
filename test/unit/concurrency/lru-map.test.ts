import { describe, expect, it } from '@jest/globals';
import { LruMap } from '../../../src/concurrency/lru-map.js';

describe('LruMap', () => {
  it('lets go of the oldest beyond its size', () => {
    const map = new LruMap<number>(2).set('a', 1).set('b', 2).set('c', 3);
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('counts an entry that is set again as new', () => {
    const map = new LruMap<number>(2).set('a', 1).set('b', 2).set('a', 3).set('c', 4);
    expect([...map.keys()]).toEqual(['a', 'c']);
    expect(map.get('a')).toBe(3);
  });
});
