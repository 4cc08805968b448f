import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { IdentityAuthHealth } from '../../../src/guard/identity-auth-health.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { connectionRefused, FakeFetch, json } from '../../support/fake-fetch.js';
import { MovedClock } from '../../support/moved-clock.js';
import { SECRET } from '../../support/settings.js';

new CapturedNestLog();

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly identityAuth: IdentityAuthHealth,
  ) {}

  /** As an application writes it, with terminus of any version. */
  @Get('health')
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.identityAuth.isHealthy()]);
  }
}

let clock: MovedClock;
let fake: FakeFetch;
beforeEach(() => {
  clock = new MovedClock();
  fake = new FakeFetch(() => json({ keys: [] }));
});

const verifier = (): TokenVerifier =>
  new TokenVerifier({
    issuers: [
      { issuer: 'secret-issuer', audience: 'a', secrets: [SECRET] },
      { issuer: 'https://one.example', audience: 'a', jwksUri: 'https://one.example/jwks' },
      { issuer: 'https://two.example', audience: 'a', jwksUri: 'https://two.example/jwks' },
    ],
    clock,
    fetch: fake.fetch,
  });

async function check(): Promise<HealthCheckResult> {
  const module = await Test.createTestingModule({
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [HealthController],
    providers: [IdentityAuthHealth, { provide: TokenVerifier, useValue: verifier() }],
  }).compile();
  return module.get(HealthController).check();
}

describe('IdentityAuthHealth', () => {
  it('is up once the keys of all issuers are known, which it fetches', async () => {
    expect(await check()).toMatchObject({ status: 'ok', details: { 'identity-auth': { status: 'up' } } });
    expect(fake.sent.map(({ url }) => url)).toEqual(['https://one.example/jwks', 'https://two.example/jwks']);
  });

  it('is down while those of an issuer are unknown, and names the issuer', async () => {
    fake.answer = ({ url }) => (url.includes('two') ? connectionRefused() : json({ keys: [] }));
    const failed = await check().catch((cause: unknown) => cause);
    expect(failed).toBeInstanceOf(ServiceUnavailableException);
    expect((failed as ServiceUnavailableException).getResponse()).toMatchObject({
      status: 'error',
      error: { 'identity-auth': { status: 'down', issuers: ['https://two.example'] } },
    });
  });

  it('is down when the keys are too old, and up again with new ones', async () => {
    const health = new IdentityAuthHealth(verifier());
    expect(await health.isHealthy('keys')).toEqual({ keys: { status: 'up' } });
    fake.answer = connectionRefused;
    clock.advance(86_400);
    expect(await health.isHealthy('keys')).toMatchObject({ keys: { status: 'down' } });
    fake.answer = () => json({ keys: [] });
    clock.advance(30);
    expect(await health.isHealthy('keys')).toEqual({ keys: { status: 'up' } });
  });
});
