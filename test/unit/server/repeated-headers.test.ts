import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refuseRepeatedHeaders } from '../../../src/server/repeated-headers.js';

const SINGLE = ['host', 'authorization', 'content-type'];

/** The name with a letter in upper case for each bit that is set in the mask. */
const spelled = (name: string, mask: number): string =>
  [...name].map((letter, index) => ((mask >> index) & 1 ? letter.toUpperCase() : letter)).join('');

describe('refuseRepeatedHeaders', () => {
  it('rejects only a request that repeats Host, Authorization or Content-Type', () => {
    const name = fc
      .tuple(
        fc.constantFrom(...SINGLE, 'accept', 'proxy-authorization', 'hosts', 'ho-t', 'content-typo'),
        fc.nat(),
      )
      .map(([plain, mask]) => spelled(plain, mask));
    const pairs = fc.array(fc.tuple(name, fc.constantFrom('', 'a', 'host', 'Authorization')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(pairs, (headers) => {
        const names = headers.map(([each]) => each.toLowerCase());
        const isRepeated = SINGLE.some((each) => names.filter((found) => found === each).length > 1);
        const check = (): void => refuseRepeatedHeaders(headers.flat());
        if (isRepeated) expect(check).toThrow(/^Send one (Host|Authorization|Content-Type) header$/);
        else expect(check).not.toThrow();
      }),
    );
  });
});
