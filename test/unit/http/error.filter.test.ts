import {
  Controller,
  ForbiddenException,
  Get,
  Module,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IdentityAuthModule, JwtAuthGuard, RequireScopes } from '../../../src/guard/index.js';
import { asOAuthError } from '../../../src/oauth2/oauth-error.js';
import { ErrorFilter } from '../../../src/http/error.filter.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { GuardedApp } from '../../support/guarded-app.js';

const reported: unknown[] = [];
const issuer = new TestIssuer({ issuer: 'identity-backend', audience: 'logs', algorithm: 'HS256' });

@Controller()
class LogsController {
  @Get('guarded')
  @UseGuards(JwtAuthGuard)
  @RequireScopes('logs:read')
  guarded(): string {
    return 'read';
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException('cause-marker');
  }

  @Get('forbidden')
  forbidden(): never {
    throw new ForbiddenException('cause-marker');
  }

  @Get('broken')
  broken(): never {
    throw new Error('cause-marker');
  }
}

@Module({
  imports: [
    IdentityAuthModule.forRoot({
      issuer: 'identity-backend',
      audience: 'logs',
      secrets: [issuer.secret],
    }),
  ],
  controllers: [LogsController],
  providers: [
    {
      provide: APP_FILTER,
      useValue: new ErrorFilter({
        report: (cause) => void reported.push(cause),
        translate: (exception) => exception,
        onForms: asOAuthError,
      }),
    },
  ],
})
class LogsModule {}

describe('ErrorFilter', () => {
  let app: GuardedApp;
  beforeAll(async () => {
    app = await GuardedApp.start('Fastify', LogsModule);
  });
  beforeEach(() => void (reported.length = 0));
  afterAll(() => app.stop());

  it.each<[string, () => Promise<string> | undefined, number, object, RegExp]>([
    [
      'no token',
      () => undefined,
      401,
      { error: 'Missing bearer token', code: 'missing_token' },
      /^Bearer realm="logs"$/,
    ],
    [
      'a token that has expired',
      () => issuer.badToken('expired'),
      401,
      { error: 'Token expired', code: 'token_expired', hint: expect.any(String) },
      /error="invalid_token"/,
    ],
    [
      'a token that lacks a scope',
      () => issuer.token(),
      403,
      { error: 'Insufficient scope', code: 'insufficient_scope', hint: expect.any(String) },
      /error="insufficient_scope"/,
    ],
  ])('answers %s as the guard says', async (_name, makeToken, status, body, challenge) => {
    expect(await app.get('/guarded', await makeToken())).toEqual({
      status,
      body,
      challenge: expect.stringMatching(challenge),
    });
    expect(reported).toEqual([]);
  });

  it('answers an exception of Nest by its status, in its own words', async () => {
    expect(await app.get('/unavailable')).toMatchObject({
      status: 503,
      body: { error: 'The service is not available now', code: 'unavailable' },
    });
    expect(reported).toEqual([]);
  });

  it.each(['/forbidden', '/broken'])('answers 500 where it knows no words, and reports: %s', async (path) => {
    expect(await app.get(path)).toMatchObject({
      status: 500,
      body: { error: 'Internal error', code: 'internal_error' },
    });
    expect(reported).toEqual([expect.objectContaining({ message: 'cause-marker' })]);
  });
});
