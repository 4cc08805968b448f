import { describe, expect, it } from '@jest/globals';
import { claimsOf, findClaims, forgetClaims, keepClaims } from '../../../src/guard/accepted-claims.js';
import { VALID_CLAIMS } from '../../support/hand-made-token.js';

describe('the claims of a request', () => {
  it('are found among the arguments of a handler, also as the req of a GraphQL context', () => {
    const request = {};
    keepClaims(request, VALID_CLAIMS);
    expect(findClaims([request, {}])).toBe(VALID_CLAIMS);
    expect(findClaims([undefined, { id: 1 }, { req: request }, {}])).toBe(VALID_CLAIMS);
    expect(findClaims(['text', null, 1, { req: null }, {}])).toBeUndefined();
  });

  it('are forgotten', () => {
    const connection = {};
    keepClaims(connection, VALID_CLAIMS);
    forgetClaims(connection);
    expect(claimsOf(connection)).toBeUndefined();
  });

  it('are no property of the request', () => {
    const request = { claims: { sub: 'forged' } };
    expect(claimsOf(request)).toBeUndefined();
    keepClaims(request, VALID_CLAIMS);
    expect(Reflect.ownKeys(request)).toEqual(['claims']);
  });
});
