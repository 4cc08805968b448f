import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keySetAge } from '../../../src/key-sets/key-set-source.js';

describe('keySetAge', () => {
  it.each([
    [null, 300],
    ['', 300],
    ['public', 300],
    ['max-age=600', 600],
    ['public, max-age=600', 600],
    ['public,max-age="600", must-revalidate', 600],
    ['Public, Max-Age=600', 600],
    ['s-maxage=600', 300],
    ['x-max-age=600', 300],
    ['max-age=0', 60],
    ['no-store, max-age=59', 60],
    ['max-age=3601', 3600],
    ['max-age=99999999999999999999999', 3600],
    ['max-age=-5', 300],
    ['max-age=abc', 300],
  ])('of %j is %d seconds', (header, seconds) => {
    expect(keySetAge(header)).toBe(seconds);
  });

  it('is between a minute and an hour for any Cache-Control header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map((age) => `max-age=${age}`),
        ),
        (header) => {
          expect(keySetAge(header)).toBeGreaterThanOrEqual(60);
          expect(keySetAge(header)).toBeLessThanOrEqual(3600);
        },
      ),
    );
  });

  it.each([
    [null, 300],
    ['max-age=0', 300],
    ['max-age=299', 300],
    ['max-age=301', 301],
    ['max-age=3601', 3600],
    ['no-store', 300],
  ])('of %j is %d seconds if it is 5 minutes at least', (header, seconds) => {
    expect(keySetAge(header, 300)).toBe(seconds);
  });
});
