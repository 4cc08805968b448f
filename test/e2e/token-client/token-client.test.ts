import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Claims, CurrentToken, IdentityAuthModule, JwtAuthGuard } from '../../../src/guard/index.js';
import { TokenClient } from '../../../src/token-client/index.js';
import { GuardedApp } from '../../support/guarded-app.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

/** Advances while the clock of the client stays the same. */
const serviceClock = new MovedClock();

@Controller()
@UseGuards(JwtAuthGuard)
class LogsController {
  @Get('logs')
  logs(@CurrentToken() { sub, scope }: Claims): object {
    return { sub, scope };
  }
}

@Module({
  imports: [
    IdentityAuthModule.forRoot({
      issuer: 'identity-backend',
      audience: 'logging-service',
      secrets: [SECRET],
      clock: serviceClock,
    }),
  ],
  controllers: [LogsController],
})
class LoggingModule {}

describe('TokenClient with POST /token', () => {
  let issuer: RunningApp;
  let logging: GuardedApp;
  let client: TokenClient;
  beforeAll(async () => {
    issuer = await RunningApp.start();
    logging = await GuardedApp.start('Fastify', LoggingModule);
    client = new TokenClient({ issuerUrl: issuer.origin, subject: 'careergpt', clock: new MovedClock() });
  });
  afterAll(async () => {
    await logging.stop();
    await issuer.stop();
  });

  it('calls a service that the guard protects', async () => {
    const send = client.fetchWith({ audience: 'logging-service', scope: 'logs:read' });
    const response = await send(`${logging.origin}/logs`);
    expect([response.status, await response.json()]).toEqual([200, { sub: 'careergpt', scope: 'logs:read' }]);
  });

  it('gets a new token if the resource server rejects its token as expired', async () => {
    const target = { audience: 'logging-service' };
    const previous = await client.getToken(target);
    issuer.clock.advance(901);
    serviceClock.advance(901);
    const response = await client.fetchWith(target)(`${logging.origin}/logs`);
    expect(response.status).toBe(200);
    expect(await client.getToken(target)).not.toBe(previous);
  });

  it('rejects with the status and the code of the issuer', async () => {
    await expect(client.getToken({ audience: 'identity-backend' })).rejects.toMatchObject({
      status: 403,
      code: 'invalid_target',
    });
  });
});
