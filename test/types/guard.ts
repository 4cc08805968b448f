import { Controller, Get, Module, ParseIntPipe } from '@nestjs/common';
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

/** Options are exact: each may be absent or `undefined`, and none has another name or type. */
const required = { issuer: 'identity-backend', audience: 'logging-service' } as const;
export const options: readonly IdentityAuthOptions[] = [
  { ...required, secrets: ['a-secret'], algorithms: ['HS256'] },
  { ...required, jwksUri: undefined, discover: true, keepKeysSeconds: undefined, clock: undefined },
  { issuer: 'https://identity.example', audience: ['one', 'two'] as const, fetch: globalThis.fetch },
  // @ts-expect-error An audience is required.
  { issuer: 'identity-backend' },
  // @ts-expect-error An issuer is required.
  { audience: 'logging-service' },
  // @ts-expect-error The algorithm does not exist.
  { ...required, algorithms: ['none'] },
  // @ts-expect-error `discover` is `true` or absent.
  { ...required, discover: false },
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
    // @ts-expect-error The factory returns no audience.
    IdentityAuthModule.forRootAsync({ useFactory: () => ({ issuer: 'identity-backend' }) }),
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
    @CurrentToken('sub') subject: string,
    @CurrentToken('tenant', ParseIntPipe) tenant: number,
  ): unknown[] {
    return [claims, subject, tenant];
  }

  // @ts-expect-error At least one scope is required.
  @RequireScopes()
  write(): void {}

  // @ts-expect-error A claim is named by a string.
  list(@CurrentToken(1) claim: unknown): unknown {
    return claim;
  }
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
