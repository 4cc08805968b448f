import { describe, expect, it } from '@jest/globals';
import { requestId } from '../../../src/server/request-id.js';

const idFor = (given?: string): string =>
  requestId({ headers: given === undefined ? {} : { 'x-request-id': given } });
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestId', () => {
  it.each(['a', 'A-b_c.9', 'request-'.repeat(16), '0', '...'])(
    'returns a valid X-Request-Id: %j',
    (given) => {
      expect(idFor(given)).toBe(given);
    },
  );

  it.each([
    undefined,
    '',
    `${'request-'.repeat(16)}x`,
    'a b',
    'a,b',
    'a/b',
    'é',
    'a\n',
    '{"a":1}',
    '%41',
    'a:b',
  ])('replaces an invalid or missing X-Request-Id by a UUID: %j', (given) => {
    expect(idFor(given)).toMatch(UUID);
  });

  it('makes a new ID each time', () => {
    expect(idFor()).not.toBe(idFor());
  });
});
