import type { CanActivate } from '@nestjs/common';
import type { TokenVerifier } from 'identity-backend/guard';
import {
  MovedClock,
  signedInAs,
  type SignedInClaims,
  type TestIssuer,
  type TestIssuerOptions,
  TOKEN_FAULTS,
  type TokenFault,
} from 'identity-backend/testing';

export const options: readonly TestIssuerOptions[] = [
  {},
  { issuer: 'identity-backend', algorithm: 'EdDSA', clock: new MovedClock(), lifetimeSeconds: undefined },
  // @ts-expect-error The algorithm does not exist.
  { algorithm: 'none' },
  // @ts-expect-error The option has another name.
  { ttl: 60 },
];

export async function tokens(issuer: TestIssuer): Promise<readonly string[]> {
  const faults = Object.keys(TOKEN_FAULTS) as TokenFault[];
  // @ts-expect-error There is no such fault.
  const wrong = issuer.badToken('no-such-fault');
  const valid: string = await issuer.token({ sub: 'user-42' }, { typ: 'at+jwt' });
  return [valid, await wrong, ...(await Promise.all(faults.map((fault) => issuer.badToken(fault))))];
}

export const claims: readonly SignedInClaims[] = [
  {},
  { sub: 'user-42', aud: ['a', 'b'], scope: 'logs:read', realm_access: { roles: ['editor'] } },
  { jti: undefined },
  // @ts-expect-error The claim has another type.
  { sub: 42 },
];

// @ts-expect-error Who is signed in is not optional.
signedInAs();

const guard = signedInAs({ sub: 'user-42' });
export const replacements: { readonly guard: CanActivate; readonly verifier: TokenVerifier } = {
  guard,
  verifier: guard.verifier,
};
