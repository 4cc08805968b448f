import { Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  JwtAuthGuard,
  Public,
  RequireScopes,
  TokenVerifier,
} from '../../../src/guard/index.js';
import { TestIssuer, TOKEN_FAULTS, type TokenFault } from '../../../src/testing/index.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';
import { rawHttp } from '../../support/raw-http.js';

const REALM = 'Bearer realm="logging-service"';
const clock = new MovedClock();
const issuer = new TestIssuer({
  issuer: 'identity-backend',
  audience: 'logging-service',
  algorithm: 'HS256',
  clock,
});

@Controller()
class LogsController {
  @Get('claims')
  claims(@CurrentToken() claims: Claims): Claims {
    return claims;
  }

  @Get('subject')
  subject(@CurrentToken('sub') subject: string): string {
    return subject;
  }

  @Get('open')
  @Public()
  open(@CurrentToken() claims?: Claims): string {
    return claims ? 'with claims' : 'without claims';
  }

  @Get('read')
  @RequireScopes('logs:read')
  read(): string {
    return 'read';
  }

  @Post('write')
  @RequireScopes('logs:read', 'logs:write')
  write(): string {
    return 'written';
  }
}

@Controller('admin')
@RequireScopes('logs:admin')
class AdminController {
  @Get('show')
  show(): string {
    return 'shown';
  }

  @Get('erase')
  @RequireScopes('logs:write')
  erase(): string {
    return 'erased';
  }
}

@Controller('health')
@Public()
class HealthController {
  @Get()
  health(): string {
    return 'OK';
  }
}

@Injectable()
class Gateway {
  constructor(@Inject(TokenVerifier) readonly verifier: TokenVerifier) {}
}

@Module({
  imports: [
    IdentityAuthModule.forRoot({
      issuer: 'identity-backend',
      audience: 'logging-service',
      secrets: [issuer.secret],
      clock,
    }),
  ],
  controllers: [LogsController, AdminController, HealthController],
  providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }, Gateway],
})
class LoggingModule {}

describe.each(PLATFORMS)('JwtAuthGuard as a global guard on %s', (platform) => {
  let service: GuardedApp;
  beforeAll(async () => {
    service = await GuardedApp.start(platform, LoggingModule);
  });
  afterAll(() => service.stop());

  it('passes the claims of the token to the handler', async () => {
    const { status, body } = await service.get(
      '/claims',
      await issuer.token({ jti: 'token-1', tenant: 'acme' }),
    );
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        iss: 'identity-backend',
        sub: 'test-subject',
        aud: 'logging-service',
        iat: NEW_YEAR,
        exp: NEW_YEAR + 300,
        jti: 'token-1',
        tenant: 'acme',
      },
    });
  });

  it('passes a single claim by its name', async () => {
    expect((await service.get('/subject', await issuer.token({ sub: 'user-42' }))).body).toBe('user-42');
  });

  it('responds to a missing token with 401 and a challenge without an error', async () => {
    expect(await service.get('/claims')).toEqual({
      status: 401,
      challenge: REALM,
      body: { error: 'Missing bearer token', code: 'missing_token' },
    });
  });

  it.each(['Basic YTpi', 'Token a.b.c', 'a.b.c', ''])(
    'treats the Authorization header %j as a missing token',
    async (authorization) => {
      const response = await service.request('/claims', { headers: { authorization } });
      expect(response).toMatchObject({ status: 401, challenge: REALM, body: { code: 'missing_token' } });
    },
  );

  it.each(['bearer', 'BEARER', 'Bearer  '])('accepts the scheme %j', async (scheme) => {
    const authorization = `${scheme} ${await issuer.token()}`;
    expect((await service.request('/claims', { headers: { authorization } })).status).toBe(200);
  });

  it.each<[TokenFault, string, RegExp]>([
    ['expired', 'Token expired', /^The token expired 60 seconds ago;/],
    ['not_yet_valid', 'Token not yet valid', /valid in 60 seconds;/],
    ['other_issuer', 'Invalid issuer', /"https:\/\/another-issuer.example".*"identity-backend"/],
    ['other_audience', 'Invalid audience', /"another-service".*"logging-service"/],
    ['wrong_signature', 'Invalid signature', /secret/],
    ['foreign_key', 'Invalid signature', /secret/],
    ['unknown_key', 'Invalid signature', /secret/],
    ['public_key_as_secret', 'Invalid signature', /secret/],
    ['unsigned', 'Invalid token', /algorithm/],
  ])('rejects a token with the fault %s: %s', async (fault, error, hint) => {
    const { status, challenge, body } = await service.get('/claims', await issuer.badToken(fault));
    expect({ status, body }).toEqual({
      status: 401,
      body: { error, code: TOKEN_FAULTS[fault], hint: expect.stringMatching(hint) },
    });
    expect(challenge).toBe(`${REALM}, error="invalid_token", error_description="${error}"`);
  });

  it.each([
    ['an empty token', ''],
    ['a word', 'x'],
    ['two words', 'a b'],
    ['two tokens', 'a.b.c, Bearer d.e.f'],
    ['a parameter', 'token="a.b.c"'],
    ['9000 characters', `${'a'.repeat(9000)}.b.c`],
  ])('rejects %s after the scheme', async (_name, credentials) => {
    const { status, challenge, body } = await service.get('/claims', credentials);
    expect({ status, body }).toMatchObject({
      status: 401,
      body: { error: 'Invalid token', code: 'malformed_token' },
    });
    expect(challenge).toContain('error="invalid_token"');
  });

  it.each([
    ['a valid one and an invalid one', 'Bearer valid', 'Bearer x'],
    ['an invalid one and a valid one', 'Bearer x', 'Bearer valid'],
    ['two equal ones', 'Bearer valid', 'Bearer valid'],
    ['a valid one and another scheme', 'Bearer valid', 'Basic YTpi'],
    ['another scheme and a valid one', 'Basic YTpi', 'Bearer valid'],
    ['a valid one and an empty one', 'Bearer valid', ''],
    ['two of another scheme', 'Basic YTpi', 'Basic YTpi'],
  ])('rejects two Authorization headers with 400: %s', async (_name, first, second) => {
    const token = await issuer.token();
    const lines = [
      'GET /claims HTTP/1.1',
      'Host: a',
      `Authorization: ${first.replace('valid', token)}`,
      `authorization: ${second.replace('valid', token)}`,
    ];
    const { status, text } = await rawHttp(
      service.origin,
      `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`,
    );
    expect(status).toBe(400);
    expect(text).toContain('"code":"invalid_request"');
    expect(text).toMatch(/www-authenticate: Bearer [^\r]*error="invalid_request"/i);
  });

  it('ignores an access_token in the query or the body', async () => {
    const token = await issuer.token({ scope: 'logs:read logs:write' });
    expect((await service.get(`/claims?access_token=${token}`)).status).toBe(401);
    const body = new URLSearchParams({ access_token: token });
    expect((await service.request('/write', { method: 'POST', body })).status).toBe(401);
  });

  it('skips public routes, whatever token is sent', async () => {
    for (const token of [undefined, await issuer.token(), 'a.b.c']) {
      expect(await service.get('/open', token)).toEqual({
        status: 200,
        challenge: null,
        body: 'without claims',
      });
      expect((await service.get('/health', token)).body).toBe('OK');
    }
  });

  describe('with required scopes', () => {
    it.each([
      ['/read', 'logs:read', 200],
      ['/read', 'logs:write logs:read', 200],
      ['/admin/show', 'logs:admin', 200],
      ['/admin/erase', 'logs:admin logs:write', 200],
      ['/read', undefined, 403],
      ['/read', '', 403],
      ['/read', 'logs:reading', 403],
      ['/read', 'logs', 403],
      ['/read', 'LOGS:READ', 403],
      ['/admin/erase', 'logs:write', 403],
      ['/admin/erase', 'logs:admin', 403],
    ])('on %s: the scope %j gets %d', async (path, scope, status) => {
      expect((await service.get(path, await issuer.token({ scope }))).status).toBe(status);
    });

    it('responds with 403 and all required scopes if one is missing', async () => {
      const authorization = `Bearer ${await issuer.token({ scope: 'logs:read' })}`;
      const response = await service.request('/write', { method: 'POST', headers: { authorization } });
      expect(response).toEqual({
        status: 403,
        challenge: `${REALM}, error="insufficient_scope", error_description="Insufficient scope", scope="logs:read logs:write"`,
        body: {
          error: 'Insufficient scope',
          code: 'insufficient_scope',
          hint: 'The token needs the scope logs:read logs:write.',
        },
      });
    });

    it('requires those of the controller as well as those of the handler', async () => {
      const { challenge } = await service.get('/admin/erase', await issuer.token());
      expect(challenge).toContain('scope="logs:admin logs:write"');
    });

    it('responds with 401 to an expired or missing token', async () => {
      expect((await service.get('/read', await issuer.badToken('expired'))).status).toBe(401);
      expect((await service.get('/read')).status).toBe(401);
    });
  });

  it('returns 404 for an unknown route, with and without a token', async () => {
    expect((await service.get('/nowhere')).status).toBe(404);
    expect((await service.get('/nowhere', await issuer.token())).status).toBe(404);
  });

  it('shares its TokenVerifier with other providers', async () => {
    const { verifier } = service.app.get(Gateway);
    expect(verifier.verify(await issuer.token())).toMatchObject({ code: 'valid' });
  });

  it('keeps the claims of concurrent requests apart', async () => {
    const subjects = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    const bodies = await Promise.all(
      subjects.map(async (sub) => (await service.get('/subject', await issuer.token({ sub }))).body),
    );
    expect(bodies).toEqual(subjects);
  });
});
