import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bearerChallenge } from '../../../src/guard/bearer-challenge.js';

const PARAMETER = '[a-z_]+="(?:[^"\\\\]|\\\\.)*"';
const CHALLENGE = new RegExp(`^Bearer ${PARAMETER}(?:, ${PARAMETER})*$`);

describe('bearerChallenge', () => {
  it('contains only the realm if no credentials were sent', () => {
    expect(bearerChallenge({ realm: 'logging-service' })).toBe('Bearer realm="logging-service"');
  });

  it('contains the error, its description and the required scope', () => {
    expect(
      bearerChallenge(
        { realm: 'a' },
        {
          error: 'insufficient_scope',
          error_description: 'Insufficient scope',
          scope: 'a b',
        },
      ),
    ).toBe(
      'Bearer realm="a", error="insufficient_scope", error_description="Insufficient scope", scope="a b"',
    );
  });

  it('escapes quotes and backslashes, and replaces characters that a header cannot carry', () => {
    expect(bearerChallenge({ realm: 'a "b" \\ Grüße\r\nX: 1' })).toBe(
      'Bearer realm="a \\"b\\" \\\\ Gr??e??X: 1"',
    );
  });

  it('is one well-formed challenge in printable ASCII for any realm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (realm) => {
        const challenge = bearerChallenge({ realm }, { error: 'invalid_token' });
        expect(challenge).toMatch(/^[\x20-\x7e]*$/);
        expect(challenge).toMatch(CHALLENGE);
      }),
    );
  });
});
