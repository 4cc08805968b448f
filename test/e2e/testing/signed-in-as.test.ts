import { Controller, Get, Injectable, Module, type Provider, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  JwtAuthGuard,
  OptionalToken,
  Public,
  RequireAnyScope,
  RequireClaims,
  RequireScopes,
  TokenVerifier,
} from '../../../src/guard/index.js';
import { signedInAs, type SignedInClaims, TestIssuer } from '../../../src/testing/index.js';
import { HostApp } from '../../support/host-app.js';
import type { ServiceResponse } from '../../support/running-app.js';

const issuer = new TestIssuer({ algorithm: 'HS256' });
const AUTH = IdentityAuthModule.forRoot({
  issuer: issuer.issuer,
  audience: issuer.audience,
  secrets: [issuer.secret],
});

/** A guard that an application derives. */
@Injectable()
class OwnGuard extends JwtAuthGuard {}

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

  @Get('scopes')
  @RequireScopes('logs:read', 'logs:write')
  scopes(): string {
    return 'scopes';
  }

  @Get('any-scope')
  @RequireAnyScope('logs:admin', 'logs:write')
  anyScope(): string {
    return 'any scope';
  }

  @Get('role')
  @RequireClaims({ 'realm_access.roles': 'editor' })
  role(): string {
    return 'role';
  }

  @Get('optional')
  @OptionalToken()
  optional(@CurrentToken('sub') subject?: string): string {
    return subject ?? 'no one';
  }

  @Get('public')
  @Public()
  open(@CurrentToken() claims?: Claims): string {
    return claims ? 'with claims' : 'without claims';
  }
}

@Controller()
@UseGuards(JwtAuthGuard)
class GuardedController extends LogsController {}

@Controller()
@UseGuards(OwnGuard)
class OwnGuardedController extends LogsController {}

function moduleOf(controller: Type, ...providers: Provider[]): Type {
  @Module({ imports: [AUTH], controllers: [controller], providers })
  class HostModule {}
  return HostModule;
}

type Override = (builder: TestingModuleBuilder, claims: SignedInClaims) => TestingModuleBuilder;
const byGuard =
  (guard: Type): Override =>
  (builder, claims) =>
    builder.overrideGuard(guard).useValue(signedInAs(claims));
const byProvider: Override = (builder, claims) =>
  builder.overrideProvider(JwtAuthGuard).useValue(signedInAs(claims));
const byVerifier: Override = (builder, claims) =>
  builder.overrideProvider(TokenVerifier).useValue(signedInAs(claims).verifier);

const useClass = moduleOf(LogsController, { provide: APP_GUARD, useClass: JwtAuthGuard });
const useExisting = moduleOf(LogsController, { provide: APP_GUARD, useExisting: JwtAuthGuard });
const useOwn = moduleOf(LogsController, OwnGuard, { provide: APP_GUARD, useClass: OwnGuard });

/** Every way to apply the guard, and how a test replaces it. */
const WAYS: readonly (readonly [applied: string, module: Type, replaced: string, override: Override])[] = [
  ['@UseGuards', moduleOf(GuardedController), 'overrideGuard', byGuard(JwtAuthGuard)],
  ['@UseGuards of a subclass', moduleOf(OwnGuardedController), 'overrideGuard', byGuard(OwnGuard)],
  ['APP_GUARD by useExisting', useExisting, 'overrideProvider', byProvider],
  ['@UseGuards', moduleOf(GuardedController), 'the verifier', byVerifier],
  ['APP_GUARD by useExisting', useExisting, 'the verifier', byVerifier],
  ['APP_GUARD by useClass', useClass, 'the verifier', byVerifier],
  ['APP_GUARD of a subclass', useOwn, 'the verifier', byVerifier],
];

describe.each(WAYS)('signedInAs() for %s', (_applied, module, ...[, override]) => {
  let app: HostApp | undefined;
  afterEach(async () => {
    await app?.stop();
    app = undefined;
  });

  async function signIn(claims: SignedInClaims): Promise<HostApp> {
    const builder = Test.createTestingModule({ imports: [module] });
    const testing = await override(builder, claims).compile();
    app = await HostApp.listen(testing.createNestApplication({ logger: false }));
    return app;
  }

  it('fills @CurrentToken()', async () => {
    const host = await signIn({ sub: 'user-42', tenant: 'acme' });
    expect((await host.get('/claims')).body).toMatchObject({
      iss: 'test-issuer',
      sub: 'user-42',
      tenant: 'acme',
    });
    expect((await host.get('/subject')).text).toBe('user-42');
  });

  it('lets in what the claims allow', async () => {
    const claims = { scope: 'logs:read logs:write', realm_access: { roles: ['editor'] } };
    const host = await signIn(claims);
    const texts = [];
    for (const path of ['/scopes', '/any-scope', '/role']) texts.push((await host.get(path)).text);
    expect(texts).toEqual(['scopes', 'any scope', 'role']);
  });

  it('refuses what they do not allow exactly as with a token of these claims', async () => {
    const claims = { scope: 'logs:read', realm_access: { roles: ['reader'] } };
    const host = await signIn(claims);
    const real = await HostApp.start('Express', module);
    const authorization = `Bearer ${await issuer.token(claims)}`;
    const seen = ({ status, text, headers }: ServiceResponse): readonly unknown[] => [
      status,
      text,
      headers.get('www-authenticate'),
    ];
    try {
      for (const path of ['/scopes', '/any-scope', '/role']) {
        const response = await host.get(path);
        expect(response.status).toBe(403);
        expect(seen(response)).toEqual(seen(await real.get(path, { authorization })));
      }
    } finally {
      await real.stop();
    }
  });

  it('shows optional handlers the claims, and public handlers none', async () => {
    const host = await signIn({ sub: 'user-42' });
    expect((await host.get('/optional')).text).toBe('user-42');
    expect((await host.get('/public')).text).toBe('without claims');
  });

  it('refuses an expired token also at optional handlers, and not at public ones', async () => {
    const host = await signIn({ exp: 1 });
    for (const path of ['/claims', '/optional']) {
      const { status, body, headers } = await host.get(path);
      expect([status, body['code']]).toEqual([401, 'token_expired']);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    expect((await host.get('/public')).status).toBe(200);
  });
});

describe('overrideGuard() and overrideProvider() of the guard', () => {
  it.each(['overrideGuard', 'overrideProvider'] as const)(
    'do nothing for APP_GUARD by useClass: %s',
    async (override) => {
      const builder = Test.createTestingModule({ imports: [useClass] });
      const testing = await builder[override](JwtAuthGuard).useValue(signedInAs({})).compile();
      const app = await HostApp.listen(testing.createNestApplication({ logger: false }));
      expect((await app.get('/claims')).status).toBe(401);
      await app.stop();
    },
  );
});
