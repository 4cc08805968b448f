import { Inject, Injectable, Module, type Type, UseGuards, Controller, forwardRef } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IdentityAuthModule, JwtAuthGuard, TokenVerifier } from '../../../src/guard/index.js';
import { Registrations } from '../../../src/registration/registrations.js';
import { SECRET } from '../../support/settings.js';

const registrations = new Registrations('IdentityAuthModule');
const register = (audience: string, global: boolean) =>
  IdentityAuthModule.forRoot({ issuer: 'identity-backend', audience, secrets: [SECRET], global });

@Controller()
@UseGuards(JwtAuthGuard)
class OwnController {}

@Module({ imports: [register('own', false)], controllers: [OwnController] })
class OwnModule {}

async function modulesOf(module: Type): Promise<ModulesContainer> {
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  await context.close();
  return context.get(ModulesContainer);
}

describe('Registrations', () => {
  it('refuse that a version of Nest injects the global registration instead of the imported one', async () => {
    @Module({ imports: [register('shared', true), OwnModule] })
    class Root {}
    const modules = await modulesOf(Root);
    expect(() => registrations.check(modules)).not.toThrow();

    // As Nest 10 does, whose search continues with the global modules.
    const all = [...modules.values()];
    const shared = all.find(({ isGlobal, metatype }) => isGlobal && metatype === IdentityAuthModule);
    const guard = all.find(({ metatype }) => metatype === OwnModule)?.injectables.get(JwtAuthGuard);
    const verifier = shared?.providers.get(TokenVerifier);
    expect(verifier && guard).toBeDefined();
    if (verifier) guard?.addCtorMetadata(0, verifier);
    expect(() => registrations.check(modules)).toThrow(
      'IdentityAuthModule: OwnModule reaches several registrations, "own" and "shared", and this version of ' +
        'Nest prefers the global one to the imported one; register it with global: false',
    );
  });

  it('see what is injected into a property by a forward reference', async () => {
    @Injectable()
    class Holder {
      @Inject(forwardRef(() => TokenVerifier))
      readonly verifier: unknown;
    }
    @Module({ imports: [register('one', false), register('two', false)], providers: [Holder] })
    class HolderModule {}
    await expect(modulesOf(HolderModule)).rejects.toThrow('HolderModule reaches several registrations');
  });

  it('need no name of what a test puts in place of the provider', async () => {
    const verifier = { verify: () => ({ code: 'valid', claims: {} }) };
    const testing = Test.createTestingModule({ imports: [OwnModule] });
    const module = await testing.overrideProvider(TokenVerifier).useValue(verifier).compile();
    await expect(module.init()).resolves.toBe(module);
    await module.close();
  });
});
