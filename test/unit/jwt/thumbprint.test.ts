import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { thumbprint } from '../../../src/jwt/thumbprint.js';
import { ASYMMETRIC, privateKeyFor } from '../../support/private-keys.js';

const RFC_7638_N =
  '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';

describe('thumbprint', () => {
  it.each([
    [
      'RFC 7638 §3.1',
      { kty: 'RSA', n: RFC_7638_N, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' },
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    ],
    [
      'RFC 8037 A.3',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ],
  ])('equals the one in %s', (_name, jwk, expected) => {
    expect(thumbprint(jwk)).toBe(expected);
  });

  it.each(ASYMMETRIC)('of a key for %s equals the one that jose calculates', async (algorithm) => {
    const jwk = privateKeyFor(algorithm).export({ format: 'jwk' });
    expect(thumbprint(jwk)).toBe(await calculateJwkThumbprint(jwk));
  });

  it('does not depend on the order of the parameters or on optional ones', () => {
    const { kty = '', crv = '', x = '', y = '' } = privateKeyFor('ES256').export({ format: 'jwk' });
    expect(thumbprint({ y, x, crv, kty, use: 'sig', kid: 'mine' })).toBe(thumbprint({ kty, crv, x, y }));
  });
});
