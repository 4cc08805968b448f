import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, type DynamicModule, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IdentityAuthModule, type IdentityAuthOptions, JwtAuthGuard } from '../../../src/guard/index.js';
import { MovedClock, TestIssuer } from '../../../src/testing/index.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';

@Controller()
@UseGuards(JwtAuthGuard)
class PlainController {
  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Module({})
class ServiceModule {
  static with(options: IdentityAuthOptions): DynamicModule {
    return {
      module: ServiceModule,
      imports: [IdentityAuthModule.forRoot(options)],
      controllers: [PlainController],
    };
  }
}

describe.each(PLATFORMS)('JwtAuthGuard with introspection on %s', (platform) => {
  const log = new CapturedNestLog();
  const clock = new MovedClock();
  const issuer = new TestIssuer({ issuer: 'identity-backend', algorithm: 'HS256', clock });
  const revoked = new Set<string>();
  let isDown = false;
  let server: Server;
  let service: GuardedApp;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (isDown) return void request.socket.destroy();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '';
        response.end(JSON.stringify({ active: !revoked.has(token) }));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth2/introspect`;
    service = await GuardedApp.start(
      platform,
      ServiceModule.with({
        issuer: 'identity-backend',
        audience: 'test-service',
        secrets: [issuer.secret],
        introspection: { endpoint, clientId: 'test-service', clientSecret: 'marker', cacheSeconds: 5 },
        clock,
      }),
      log,
    );
  });
  afterAll(async () => {
    await service.stop();
    server.closeAllConnections();
    server.close();
  });

  it('rejects a revoked token once the cached response has expired', async () => {
    const token = await issuer.token();
    expect((await service.get('/plain', token)).status).toBe(200);
    revoked.add(token);
    expect((await service.get('/plain', token)).status).toBe(200);
    clock.advance(5);
    expect(await service.get('/plain', token)).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="test-service", error="invalid_token", error_description="Token revoked"',
      body: { error: 'Token revoked', code: 'token_revoked' },
    });
  });

  it('responds with 503 while the issuer is unavailable, but accepts cached tokens', async () => {
    const known = await issuer.token();
    await service.get('/plain', known);
    isDown = true;
    const { status, challenge, body } = await service.get('/plain', await issuer.token());
    expect({ status, challenge, body }).toMatchObject({
      status: 503,
      challenge: null,
      body: { code: 'unavailable' },
    });
    expect((await service.get('/plain', known)).status).toBe(200);
    expect((await service.get('/plain', await issuer.badToken('expired'))).status).toBe(401);
    isDown = false;
    clock.advance(1);
    expect((await service.get('/plain', await issuer.token())).status).toBe(200);
    expect(log.warnings).toHaveLength(1);
    expect(log.text).not.toContain('marker');
  });
});
