import 'reflect-metadata';
import { Exclude, Expose, Type } from 'class-transformer';
import { Equals, IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimsCheck } from '../../../src/guard/claims-check-options.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import type { Claims } from '../../../src/guard/typed-claims.js';
import type { VerificationOutcome } from '../../../src/guard/verification-outcome.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { MovedClock } from '../../support/moved-clock.js';
import { SECRET } from '../../support/settings.js';

const log = new CapturedNestLog();
beforeEach(() => log.clear());

const verifier = (check: ClaimsCheck): TokenVerifier =>
  new TokenVerifier({
    issuer: 'identity-backend',
    audience: 'logging-service',
    secrets: [SECRET],
    clock: new MovedClock(),
    check,
  });

const outcomeOf = async (check: ClaimsCheck, claims: Record<string, unknown>): Promise<VerificationOutcome> =>
  verifier(check).verify(handMadeToken({ claims }));

class Realm {
  @IsArray()
  @IsString({ each: true })
  roles: string[] = ['default'];
}

class TenantClaims {
  @IsString()
  tenant = 'default';

  @IsOptional()
  @IsInt()
  level?: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => Realm)
  realm?: Realm;
}

const schema = v.object({ tenant: v.string(), level: v.optional(v.number()) });
const isTenant = (claims: Claims): claims is Claims<{ tenant: string }> =>
  typeof claims['tenant'] === 'string';

describe.each<[string, ClaimsCheck, RegExp]>([
  ['a type predicate', isTenant, /does not accept the claims of the token;/],
  ['an asynchronous function', (claims) => Promise.resolve(isTenant(claims)), /the claims of the token;/],
  ['a class', TenantClaims, /does not accept the token's "tenant";/],
  ['a schema', schema, /does not accept the token's "tenant";/],
  ['an asynchronous schema', v.pipeAsync(v.objectAsync({ tenant: v.string() })), /the token's "tenant";/],
])('the check of claims by %s', (_name, check, hint) => {
  it('accepts, and leaves the claims as signed', async () => {
    const outcome = await outcomeOf(check, { tenant: 'acme', other: { deep: [1] } });
    expect(outcome).toMatchObject({ code: 'valid', claims: { tenant: 'acme', other: { deep: [1] } } });
    expect(log.text).toBe('');
  });

  it.each([[7], [undefined], [null], [['marker']]])('refuses the claim %j', async (tenant) => {
    const outcome = await outcomeOf(check, { tenant });
    expect(outcome).toEqual({ code: 'invalid_claims', hint: expect.stringMatching(hint) });
    expect(JSON.stringify(outcome)).not.toContain('marker');
  });

  it('does not run for a token that is invalid anyway', async () => {
    const refused = await verifier(() => {
      throw new Error('called');
    }).verify(handMadeToken({ claims: { exp: 0 } }));
    expect([refused.code, log.text]).toEqual(['token_expired', '']);
  });
});

describe('the check of claims', () => {
  it('is synchronous if the check is', () => {
    expect(verifier(isTenant).verify(handMadeToken({ claims: { tenant: 'a' } }))).toMatchObject({
      code: 'valid',
    });
  });

  it.each<[string, unknown]>([
    ['1', () => 1],
    ['a text', () => 'true'],
    ['undefined', () => undefined],
    ['a promise of an object', () => Promise.resolve({})],
  ])('refuses if a function returns %s', async (_name, check) => {
    expect(await outcomeOf(check as ClaimsCheck, {})).toMatchObject({ code: 'invalid_claims' });
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error(`down ${SECRET}`);
      },
    ],
    ['rejects', () => Promise.reject(new Error(`down ${SECRET}`))],
  ])('refuses, and logs the cause once, if a function %s', async (_name, check) => {
    const failing = verifier(check as ClaimsCheck);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await failing.verify(handMadeToken())).code).toBe('invalid_claims');
    }
    expect(log.others).toEqual(['check failed: down [removed]']);
  });

  it.each<[string, unknown]>([
    ['no result', { '~standard': { version: 1, vendor: 'x', validate: () => undefined } }],
    [
      'an error',
      {
        '~standard': {
          version: 1,
          vendor: 'x',
          validate: () => {
            throw new Error('x');
          },
        },
      },
    ],
  ])('refuses if a schema gives %s', async (_name, check) => {
    expect(await outcomeOf(check as ClaimsCheck, {})).toMatchObject({ code: 'invalid_claims' });
    expect(log.others).toHaveLength(1);
  });

  it('waits for a schema whose promise is of another library', async () => {
    const later = (result: object): object => ({ then: (next: (value: object) => void) => next(result) });
    const schema = (result: object): ClaimsCheck => ({
      '~standard': { version: 1, vendor: 'x', validate: () => later(result) },
    });
    expect(await outcomeOf(schema({ issues: [{ path: ['tenant'] }] }), {})).toMatchObject({
      code: 'invalid_claims',
    });
    expect(await outcomeOf(schema({ value: {} }), {})).toMatchObject({ code: 'valid' });
  });

  it('reads a class that renames a claim, and lets no initial value pass for a claim', async () => {
    class Renamed {
      @Expose({ name: 'tenant_id' })
      @IsString()
      tenantId?: string;
    }
    expect(await outcomeOf(Renamed, { tenant_id: 'acme' })).toMatchObject({ code: 'valid' });
    expect(await outcomeOf(Renamed, {})).toMatchObject({ code: 'invalid_claims' });
    class Excluded {
      @Exclude()
      @Equals('admin')
      role = 'admin';
    }
    for (const role of ['guest', null, undefined]) {
      expect(await outcomeOf(Excluded, { role })).toMatchObject({ code: 'invalid_claims' });
    }
  });

  it('takes a schema that is a function for a schema', async () => {
    const callable = Object.assign(() => true, {
      '~standard': { version: 1 as const, vendor: 'x', validate: () => ({ issues: [{ message: 'no' }] }) },
    });
    expect(await outcomeOf(callable, {})).toMatchObject({ code: 'invalid_claims' });
  });

  it('names several claims, but not many, with every character visible', async () => {
    const names = ['a\u202e', 'b', 'c', 'd', 'e', 'f'];
    const issues = names.map((key) => ({ message: 'marker', path: [{ key }, 'deep'] }));
    const many = { '~standard': { version: 1 as const, vendor: 'x', validate: () => ({ issues }) } };
    expect(await outcomeOf(many, {})).toMatchObject({
      hint: expect.stringContaining(String.raw`the token's "a\u202e", "b", "c", "d", "e";`),
    });
  });
});

describe('the check of claims by a class', () => {
  it('checks nested claims', async () => {
    const code = async (realm: unknown): Promise<string> =>
      (await outcomeOf(TenantClaims, { tenant: 'a', realm })).code;
    expect(await code({ roles: ['admin'] })).toBe('valid');
    for (const realm of [{ roles: [1] }, { roles: 'admin' }, {}, 'admin', 1]) {
      expect(await code(realm)).toBe('invalid_claims');
    }
  });

  it('is prepared when the application starts', async () => {
    await expect(verifier(TenantClaims).onModuleInit()).resolves.toBeUndefined();
    class Undecorated {
      tenant = '';
    }
    await expect(verifier(Undecorated).onModuleInit()).rejects.toThrow(
      'check is the class Undecorated, which has no decorators of class-validator',
    );
    await expect(verifier(isTenant).onModuleInit()).resolves.toBeUndefined();
  });

  it('accepts a class that extends another', async () => {
    class Extended extends TenantClaims {
      @IsIn(['gold'])
      plan = '';
    }
    expect(await outcomeOf(Extended, { tenant: 'a', plan: 'gold' })).toMatchObject({ code: 'valid' });
    expect(await outcomeOf(Extended, { plan: 'gold' })).toMatchObject({ code: 'invalid_claims' });
  });
});
