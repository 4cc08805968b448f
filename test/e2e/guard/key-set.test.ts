import { Controller, Get, Module, type DynamicModule, UseGuards } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
} from '../../../src/guard/index.js';
import { TestIssuer, TOKEN_FAULTS, type TokenFault } from '../../../src/testing/index.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';
import { MovedClock } from '../../support/moved-clock.js';

const AUDIENCE = 'logging-service';
const KEYS = '/.well-known/jwks.json';

@Controller()
class SubjectController {
  @Get('subject')
  @UseGuards(JwtAuthGuard)
  subject(@CurrentToken('sub') subject: string): string {
    return subject;
  }

  @Get('open')
  open(): string {
    return 'open';
  }
}

@Module({})
class ServiceModule {
  static with(options: IdentityAuthOptions): DynamicModule {
    return {
      module: ServiceModule,
      imports: [IdentityAuthModule.forRoot(options)],
      controllers: [SubjectController],
    };
  }
}

describe.each(PLATFORMS)('JwtAuthGuard with the keys of an issuer on %s', (platform) => {
  const log = new CapturedNestLog();
  let clock: MovedClock;
  let issuer: TestIssuer;
  let service: GuardedApp;

  beforeEach(async () => {
    log.clear();
    clock = new MovedClock();
    issuer = await new TestIssuer({ audience: AUDIENCE, clock, lifetimeSeconds: 86_400 }).start();
    service = await GuardedApp.start(
      platform,
      ServiceModule.with({ issuer: issuer.issuer, audience: AUDIENCE, discover: true, clock }),
      log,
    );
  });
  afterEach(async () => {
    await service.stop();
    await issuer.stop();
  });

  const statusOf = async (token: string): Promise<number> => (await service.get('/subject', token)).status;
  const keyFetches = (): number => issuer.requests.filter((path) => path === KEYS).length;

  it('fetches the keys for the first token, not before', async () => {
    expect((await service.get('/open')).body).toBe('open');
    expect((await service.get('/subject')).status).toBe(401);
    expect(issuer.requests).toEqual([]);
    expect((await service.get('/subject', await issuer.token())).body).toBe('test-subject');
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', KEYS]);
  });

  it('fetches the keys once for many requests', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.token()));
    expect(new Set(await Promise.all(tokens.map(statusOf)))).toEqual(new Set([200]));
    expect(keyFetches()).toBe(1);
  });

  it.each(Object.keys(TOKEN_FAULTS) as TokenFault[])('rejects a token with the fault %s', async (fault) => {
    const { status, challenge, body } = await service.get('/subject', await issuer.badToken(fault));
    expect({ status, body }).toMatchObject({ status: 401, body: { code: TOKEN_FAULTS[fault] } });
    expect(challenge).toMatch(/^Bearer realm="logging-service", error="invalid_token"/);
  });

  it('accepts a token without a kid', async () => {
    expect(await statusOf(await issuer.token({}, { kid: undefined }))).toBe(200);
  });

  it('accepts a new key of the issuer, and the previous one while it is published', async () => {
    const before = await issuer.token();
    expect(await statusOf(before)).toBe(200);
    issuer.rotate();
    clock.advance(30);
    expect(await statusOf(await issuer.token())).toBe(200);
    expect(await statusOf(before)).toBe(200);
    issuer.rotate({ revoke: true });
    clock.advance(300);
    expect(await statusOf(before)).toBe(401);
  });

  it('fetches the keys at most once in 30 seconds for unknown keys', async () => {
    expect(await statusOf(await issuer.token())).toBe(200);
    for (let second = 0; second < 30; second += 10) {
      const bad = await Promise.all(Array.from({ length: 20 }, () => issuer.badToken('unknown_key')));
      expect(new Set(await Promise.all(bad.map(statusOf)))).toEqual(new Set([401]));
      clock.advance(10);
    }
    expect(keyFetches()).toBe(1);
    expect(await statusOf(await issuer.badToken('unknown_key'))).toBe(401);
    expect(keyFetches()).toBe(2);
  });

  it('accepts tokens while the issuer is down, and warns once', async () => {
    const token = await issuer.token();
    expect(await statusOf(token)).toBe(200);
    issuer.goDown();
    for (let hour = 0; hour < 5; hour++) {
      clock.advance(3600);
      expect(await statusOf(token)).toBe(200);
    }
    expect(log.warnings).toHaveLength(1);
  });

  it('uses the keys for a day without the issuer, then responds with 503 until it is back', async () => {
    expect(await statusOf(await issuer.token())).toBe(200);
    issuer.goDown();
    clock.advance(86_399);
    expect(await statusOf(await issuer.token())).toBe(200);
    for (const seconds of [1, 30, 3_600, 365 * 86_400]) {
      clock.advance(seconds);
      for (const token of [await issuer.token(), await issuer.badToken('unknown_key')]) {
        const { status, challenge, body } = await service.get('/subject', token);
        expect({ status, challenge, body }).toEqual({
          status: 503,
          challenge: null,
          body: expect.objectContaining({ code: 'unavailable' }),
        });
      }
    }
    expect(log.warnings).toHaveLength(2);
    issuer.comeBack();
    clock.advance(30);
    expect(await statusOf(await issuer.token())).toBe(200);
    expect(await statusOf(await issuer.badToken('unknown_key'))).toBe(401);
  });

  it('waits for new keys instead of responding with 503 after two days without a token', async () => {
    expect(await statusOf(await issuer.token())).toBe(200);
    clock.advance(2 * 86_400);
    expect(await statusOf(await issuer.token())).toBe(200);
  });

  it('starts while the issuer is down, and responds with 503 until it is back', async () => {
    issuer.goDown();
    const token = await issuer.token();
    const { status, challenge, body } = await service.get('/subject', token);
    expect({ status, challenge, body }).toEqual({
      status: 503,
      challenge: null,
      body: {
        error: 'The token cannot be checked now',
        code: 'unavailable',
        hint: expect.stringContaining('could not be fetched'),
      },
    });
    issuer.comeBack();
    clock.advance(1);
    expect(await statusOf(token)).toBe(200);
  });
});
