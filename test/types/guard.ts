import { Controller, Get, Module, ParseIntPipe } from '@nestjs/common';
import { object, string } from 'valibot';
import {
  type Claims,
  claimsOf,
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  Public,
  RequireScopes,
  TokenVerifier,
  type VerificationOutcome,
} from 'identity-backend/guard';

interface Tenant {
  tenant: string;
}

function isTenantClaims(claims: Claims): claims is Claims<Tenant> {
  return typeof claims['tenant'] === 'string';
}

class TenantClaims {
  tenant = '';
}

const tenantSchema = object({ tenant: string() });

/** Options are exact: each may be absent or `undefined`, and none has another name or type. */
const required = { issuer: 'identity-backend', audience: 'logging-service' } as const;
export const options: readonly IdentityAuthOptions[] = [
  { ...required, secrets: ['a-secret'], algorithms: ['HS256'] },
  { ...required, jwksUri: undefined, discover: true, keepKeysSeconds: undefined, clock: undefined },
  { issuer: 'https://identity.example', audience: ['one', 'two'] as const, fetch: globalThis.fetch },
  { issuer: 'identity-backend', secrets: ['a-secret'], resource: 'https://api.example' },
  // @ts-expect-error An issuer is required.
  { audience: 'logging-service' },
  // @ts-expect-error The algorithm does not exist.
  { ...required, algorithms: ['none'] },
  { ...required, discover: process.env['DISCOVER'] === 'true', acceptTypes: ['at+jwt'] },
  { issuers: [{ ...required, discover: true }], realm: 'api', hydrate: true, allowBoundAsBearer: false },
  { ...required, tokenFrom: { cookie: '__Host-token' } },
  { ...required, tokenFrom: (request: { readonly token: string }) => request.token },
  { ...required, check: isTenantClaims },
  { ...required, check: TenantClaims },
  { ...required, check: tenantSchema },
  { ...required, onOutcome: ({ code, transport }) => [code, transport] },
  // @ts-expect-error The type of token does not exist.
  { ...required, acceptTypes: ['JWE'] },
  // @ts-expect-error A token is read from one place.
  { ...required, tokenFrom: { query: 'token' } },
  // @ts-expect-error The check returns no boolean.
  { ...required, check: (claims: Claims) => claims.sub },
  // @ts-expect-error An issuer among several has the options of an issuer only.
  { issuers: [{ ...required, realm: 'api' }] },
  // @ts-expect-error The option has another name.
  { ...required, secret: 'a-secret' },
  // @ts-expect-error Introspection needs credentials.
  { ...required, introspection: { endpoint: 'https://identity.example/oauth2/introspect' } },
];

@Module({
  imports: [
    IdentityAuthModule.forRoot({ ...required, secrets: ['a-secret'] }),
    IdentityAuthModule.forRootAsync({
      inject: ['SECRET'],
      useFactory: (secret: string) => ({ ...required, secrets: [secret] }),
    }),
    // @ts-expect-error The factory returns no issuer.
    IdentityAuthModule.forRootAsync({ useFactory: () => ({ audience: 'logging-service' }) }),
  ],
  providers: [JwtAuthGuard],
})
export class GuardedModule {}

@Controller()
@Public()
export class GuardedController {
  @Get()
  @RequireScopes('logs:read', 'logs:write')
  read(
    @CurrentToken() claims: Claims,
    @CurrentToken() typed: Claims<Tenant>,
    @CurrentToken('sub') subject: string,
    @CurrentToken('tenant', ParseIntPipe) tenant: number,
  ): unknown[] {
    return [claims, typed, subject, tenant];
  }

  // @ts-expect-error At least one scope is required.
  @RequireScopes()
  write(): void {}

  // @ts-expect-error A claim is named by a string.
  list(@CurrentToken(1) claim: unknown): unknown {
    return claim;
  }
}

/** A typed claim has its type; other custom claims stay `unknown`. */
export function readTypedClaims(claims: Claims<Tenant>): readonly unknown[] {
  const tenant: string = claims.tenant;
  // @ts-expect-error Claims are read-only.
  claims.tenant = '';
  // @ts-expect-error Another claim may be anything.
  const other: string = claims['other'];
  return [tenant, claims.exp, other];
}

/** Claims are read-only; custom claims are `unknown`. */
export function readClaims(claims: Claims, request: object): readonly unknown[] {
  const expires: number = claims.exp;
  const subject: string | undefined = claims.sub;
  const audience: string | readonly string[] | undefined = claims.aud;
  // @ts-expect-error A custom claim may be anything.
  const tenant: string = claims['tenant'];
  // @ts-expect-error Claims are read-only.
  claims.exp = 0;
  const found: Claims | undefined = claimsOf(request);
  return [expires, subject, audience, tenant, found];
}

/** The outcome is a union by `code`. */
export async function verify(verifier: TokenVerifier, token: string): Promise<string> {
  const outcome: VerificationOutcome = await verifier.verify(token);
  if (outcome.code === 'valid') return String(outcome.claims.sub);
  // @ts-expect-error A refused token has no claims.
  return String(outcome.claims);
}
