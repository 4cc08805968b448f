import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import {
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  TokenVerifier,
} from '../../../src/guard/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { GuardedApp, PLATFORMS } from '../../support/guarded-app.js';

const issuer = new TestIssuer({ issuer: 'identity-backend', algorithm: 'HS256' });
const optionsFor = (audience: string): IdentityAuthOptions => ({
  issuer: 'identity-backend',
  audience,
  secrets: [issuer.secret],
});

@Injectable()
class Settings {
  readonly audience = 'configured-service';
}
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Controller('a')
@UseGuards(JwtAuthGuard)
class AController {
  @Get()
  subject(@CurrentToken('aud') audience: string): string {
    return audience;
  }
}
@Controller('b')
@UseGuards(JwtAuthGuard)
class BController {
  @Get()
  subject(@CurrentToken('aud') audience: string): string {
    return audience;
  }
}
@Module({ imports: [IdentityAuthModule.forRoot(optionsFor('a-service'))], controllers: [AController] })
class AModule {}
@Module({ imports: [IdentityAuthModule.forRoot(optionsFor('b-service'))], controllers: [BController] })
class BModule {}
@Module({ imports: [AModule, BModule] })
class TwoModule {}

@Module({ controllers: [AController] })
class FeatureModule {}
@Module({
  imports: [
    FeatureModule,
    IdentityAuthModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: (settings: Settings) => Promise.resolve(optionsFor(settings.audience)),
    }),
  ],
})
class ConfiguredModule {}

describe.each(PLATFORMS)('IdentityAuthModule on %s', (platform) => {
  it('can be imported twice, with different audiences', async () => {
    const service = await GuardedApp.start(platform, TwoModule);
    const a = await issuer.token({ aud: 'a-service' });
    const b = await issuer.token({ aud: 'b-service' });
    expect((await service.get('/a', a)).body).toBe('a-service');
    expect((await service.get('/b', b)).body).toBe('b-service');
    expect(await service.get('/a', b)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('"a-service"'),
    });
    expect(await service.get('/b', a)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('"b-service"'),
    });
    await service.stop();
  });

  it('uses the options of an async factory, and is available in modules that do not import it', async () => {
    const service = await GuardedApp.start(platform, ConfiguredModule);
    expect((await service.get('/a', await issuer.token({ aud: 'configured-service' }))).status).toBe(200);
    expect((await service.get('/a', await issuer.token({ aud: 'a-service' }))).status).toBe(401);
    await service.stop();
  });
});

describe('IdentityAuthModule', () => {
  it('rejects invalid options in forRoot', () => {
    expect(() => IdentityAuthModule.forRoot({ ...optionsFor('a'), secrets: ['short'] })).toThrow(
      'IdentityAuthModule: secrets[0] must have at least 32 bytes for HS256',
    );
  });

  it('fails at startup if the factory returns invalid options', async () => {
    const module = IdentityAuthModule.forRootAsync({ useFactory: () => optionsFor('') });
    const start = NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow('IdentityAuthModule: audience must be');
  });

  it('needs no HTTP server', async () => {
    const module = IdentityAuthModule.forRoot(optionsFor('a-service'));
    const context = await NestFactory.createApplicationContext(module, { logger: false });
    const token = await issuer.token({ aud: 'a-service' });
    expect(context.get(TokenVerifier).verify(token)).toMatchObject({ code: 'valid' });
    await context.close();
  });
});
