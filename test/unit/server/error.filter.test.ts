import { Controller, Get, HttpException, Module, Param, Post, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { APP_FILTER } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IdentityAuthModule, JwtAuthGuard, RequireScopes } from '../../../src/guard/index.js';
import { asOAuthError } from '../../../src/oauth2/oauth-error.js';
import { ErrorFilter } from '../../../src/server/error.filter.js';
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

  @Get('status/:status')
  status(@Param('status') status: string): never {
    throw new HttpException('cause-marker', Number(status), { cause: new Error('cause-marker') });
  }

  @Post('form/:status')
  @RouteConfig({ form: true })
  form(@Param('status') status: string): never {
    throw new HttpException({ message: ['cause-marker'] }, Number(status));
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
      'a missing token',
      () => undefined,
      401,
      { error: 'Missing bearer token', code: 'missing_token' },
      /^Bearer realm="logs"$/,
    ],
    [
      'an expired token',
      () => issuer.badToken('expired'),
      401,
      { error: 'Token expired', code: 'token_expired', hint: expect.any(String) },
      /error="invalid_token"/,
    ],
    [
      'a token without the required scope',
      () => issuer.token(),
      403,
      { error: 'Insufficient scope', code: 'insufficient_scope', hint: expect.any(String) },
      /error="insufficient_scope"/,
    ],
  ])(
    'responds to %s with the status, body and challenge of the guard',
    async (_name, makeToken, status, body, challenge) => {
      expect(await app.get('/guarded', await makeToken())).toEqual({
        status,
        body,
        challenge: expect.stringMatching(challenge),
      });
      expect(reported).toEqual([]);
    },
  );

  it.each([
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [402, 'invalid_request'],
    [403, 'access_denied'],
    [404, 'not_found'],
    [405, 'method_not_allowed'],
    [406, 'invalid_request'],
    [408, 'invalid_request'],
    [409, 'conflict'],
    [410, 'not_found'],
    [412, 'invalid_request'],
    [413, 'payload_too_large'],
    [415, 'unsupported_media_type'],
    [418, 'invalid_request'],
    [422, 'invalid_request'],
    [429, 'too_many_requests'],
    [499, 'invalid_request'],
    [501, 'internal_error'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [599, 'internal_error'],
  ])(
    'keeps the status %i of an HttpException, with a message of its own and the code %s',
    async (status, code) => {
      const response = await app.get(`/status/${status}`);
      expect(response).toMatchObject({ status, body: { error: expect.any(String), code } });
      expect(JSON.stringify(response)).not.toContain('marker');
      expect(reported).toEqual([]);
    },
  );

  it.each([
    [400, 400, 'invalid_request'],
    [401, 401, 'invalid_client'],
    [403, 403, 'access_denied'],
    [409, 409, 'invalid_request'],
    [413, 413, 'invalid_request'],
    [415, 400, 'invalid_request'],
    [422, 422, 'invalid_request'],
    [429, 429, 'too_many_requests'],
    [500, 500, 'server_error'],
    [501, 501, 'server_error'],
    [502, 502, 'temporarily_unavailable'],
    [503, 503, 'temporarily_unavailable'],
  ])(
    'maps the status %i on a form route to %i and %s (RFC 6749 section 5.2)',
    async (status, expected, error) => {
      const response = await fetch(`${app.origin}/form/${status}`, { method: 'POST' });
      const text = await response.text();
      expect(response.status).toBe(expected);
      expect(JSON.parse(text)).toEqual({ error, error_description: expect.any(String) });
      expect(text).not.toContain('marker');
      if (status === 415) expect(text).toContain('application/x-www-form-urlencoded');
    },
  );

  it.each(['/status/200', '/status/302', '/status/399', '/status/600', '/status/0', '/broken'])(
    'responds with 500 to an exception without an error status, and reports it: %s',
    async (path) => {
      expect(await app.get(path)).toMatchObject({
        status: 500,
        body: { error: 'Internal error', code: 'internal_error' },
      });
      expect(reported).toEqual([expect.objectContaining({ message: 'cause-marker' })]);
    },
  );
});
