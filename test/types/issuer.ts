import { Module } from '@nestjs/common';
import {
  Clock,
  type IssueOutcome,
  TokenModule,
  type TokenModuleOptions,
  TokenService,
  type VerificationResult,
  type VerifyRequest,
} from 'identity-backend';

class StoppedClock extends Clock {
  override now(): number {
    return 0;
  }
}

export const options: readonly TokenModuleOptions[] = [
  { issuer: 'accounts', secret: 'a-secret' },
  { issuer: 'accounts', secret: 'a-secret', algorithms: ['HS512'], clock: new StoppedClock() },
  {
    issuer: 'accounts',
    secret: undefined,
    algorithms: undefined,
    lifetimeSeconds: undefined,
    routes: undefined,
  },
  {
    issuer: 'accounts',
    secret: 'a-secret',
    routes: { guards: [], path: undefined, imports: undefined, audit: undefined, verifications: undefined },
  },
  // @ts-expect-error An issuer is required.
  { secret: 'a-secret' },
  // @ts-expect-error The algorithm does not exist.
  { issuer: 'accounts', secret: 'a-secret', algorithms: ['none'] },
  // @ts-expect-error The option has another name.
  { issuer: 'accounts', secret: 'a-secret', expiresIn: 60 },
];

@Module({
  imports: [
    TokenModule.forRoot({ issuer: 'accounts', secret: 'a-secret' }),
    TokenModule.forRootAsync({
      inject: ['SECRET'],
      useFactory: (secret: string) => ({ issuer: 'accounts', secret }),
    }),
  ],
})
export class IssuerModule {}

/** Expected outcomes are unions by `code`: only `issued` has a token. */
export async function issue(tokens: TokenService): Promise<string> {
  // @ts-expect-error An audience is required.
  await tokens.issue({ subject: 'user-42' });
  const outcome: IssueOutcome = await tokens.issue({ subject: 'user-42', audience: ['one', 'two'] });
  if (outcome.code === 'issued') return outcome.token;
  // @ts-expect-error There is no token.
  return String(outcome.token);
}

export function verify(tokens: TokenService, request: VerifyRequest): number {
  const result: VerificationResult = tokens.verify(request);
  // @ts-expect-error A rejected token has no claims.
  if (result.code !== 'valid') return Number(result.claims);
  return result.claims.exp;
}
