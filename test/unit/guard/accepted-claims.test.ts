import { describe, expect, it } from '@jest/globals';
import { claimsOf, findAcceptance, forgetClaims, keepClaims } from '../../../src/guard/accepted-claims.js';
import { VALID_CLAIMS } from '../../support/hand-made-token.js';

const handler = (): void => undefined;

describe('the claims of a request', () => {
  it('are found among the arguments of a handler, also as the req of a GraphQL context', () => {
    const request = {};
    keepClaims(request, VALID_CLAIMS, handler);
    expect(findAcceptance([request, {}])?.claims).toBe(VALID_CLAIMS);
    expect(findAcceptance([undefined, { id: 1 }, { req: request }, {}])?.claims).toBe(VALID_CLAIMS);
    expect(findAcceptance(['text', null, 1, { req: null }, {}])).toBeUndefined();
  });

  it('are forgotten', () => {
    const connection = {};
    keepClaims(connection, VALID_CLAIMS, handler);
    forgetClaims(connection);
    expect(claimsOf(connection)).toBeUndefined();
  });

  it('are no property of the request', () => {
    const request = { claims: { sub: 'forged' } };
    expect(claimsOf(request)).toBeUndefined();
    keepClaims(request, VALID_CLAIMS, handler);
    expect(Reflect.ownKeys(request)).toEqual(['claims']);
  });
});
