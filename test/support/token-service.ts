import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TokenModule } from '../../src/token/token.module.js';
import type { TokenModuleOptions } from '../../src/token/token-module-options.js';
import { TokenService } from '../../src/token/token.service.js';
import { MovedClock } from './moved-clock.js';
import { testSettings } from './settings.js';

/** The token service as another application would import it: only the module, without routes. */
export interface StandaloneTokens {
  readonly tokens: TokenService;
  readonly clock: MovedClock;
  readonly context: INestApplicationContext;
}

export async function standaloneTokens(changes: Partial<TokenModuleOptions> = {}): Promise<StandaloneTokens> {
  const clock = new MovedClock();
  const { issuer, lifetimeSeconds, algorithms, secret, previousSecrets, clockToleranceSeconds } =
    testSettings();
  const module = TokenModule.forRoot({
    issuer,
    lifetimeSeconds,
    algorithms,
    secret,
    previousSecrets,
    clockToleranceSeconds,
    showFingerprints: false,
    clock,
    ...changes,
  });
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  return { tokens: context.get(TokenService), clock, context };
}
