import { describe, expect, it } from '@jest/globals';
import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IdentityAuthModule, TokenVerifier } from '../../../src/guard/index.js';
import { TokenModule, TokenService } from '../../../src/index.js';
import { TestIssuer } from '../../../src/testing/index.js';
import { TokenClient, TokenClientModule } from '../../../src/token-client/index.js';
import { FakeFetch, json } from '../../support/fake-fetch.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

/** How Nest distinguishes dynamic modules: by reference since version 11, before by a hash. */
const ALGORITHMS = ['reference', 'deep-hash'] as const;

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, index) =>
    permutations(list.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}

/** A module of an application that imports one of ours, and provides its service under the given name. */
function feature(name: string, imported: DynamicModule, token: Type): Type {
  @Module({
    imports: [imported],
    providers: [{ provide: name, inject: [token], useFactory: (given: object) => given }],
    exports: [name],
  })
  class FeatureModule {}
  return FeatureModule;
}

async function host(
  features: readonly Type[],
  moduleIdGeneratorAlgorithm: (typeof ALGORITHMS)[number],
): Promise<INestApplicationContext> {
  @Module({ imports: [...features] })
  class HostModule {}
  return NestFactory.createApplicationContext(HostModule, {
    logger: false,
    abortOnError: false,
    moduleIdGeneratorAlgorithm,
  });
}

const NAMES = ['orders', 'billing', 'reports'] as const;
type Name = (typeof NAMES)[number];

/** What distinguishes the registration of a feature: its own issuer, secret and clock. */
const OWN: Readonly<Record<Name, { issuer: string; secret: string; clock: MovedClock }>> = {
  orders: { issuer: 'orders-issuer', secret: secretOf('orders'), clock: new MovedClock(NEW_YEAR) },
  billing: {
    issuer: 'billing-issuer',
    secret: secretOf('billing'),
    clock: new MovedClock(NEW_YEAR + 86_400),
  },
  reports: {
    issuer: 'reports-issuer',
    secret: secretOf('reports'),
    clock: new MovedClock(NEW_YEAR - 86_400),
  },
};

function secretOf(name: string): string {
  return `3kXvY8-secret-of-${name}-Qm2Zt9RwL5bN7cP0`;
}

const orders = (names: readonly Name[]): (readonly [string, string, readonly Name[]])[] =>
  ALGORITHMS.flatMap((algorithm) =>
    permutations(names).map((order) => [order.join(', '), algorithm, order] as const),
  );

describe.each([...orders(['orders', 'billing']), ...orders(NAMES)])(
  'TokenModules imported in the order %s (%s)',
  (_title, algorithm, names) => {
    it('keep their own issuer, keys and clock', async () => {
      const context = await host(
        names.map((name) =>
          feature(name, TokenModule.forRootAsync({ useFactory: () => OWN[name] }), TokenService),
        ),
        algorithm as (typeof ALGORITHMS)[number],
      );
      for (const name of names) {
        const outcome = await context.get<TokenService>(name).issue({ subject: 'user-42', audience: 'logs' });
        const token = outcome.code === 'issued' ? outcome.token : outcome.code;
        const verifiers = names.filter(
          (each) => context.get<TokenService>(each).verify({ token }).code === 'valid',
        );
        expect({ name, verifiers }).toEqual({ name, verifiers: [name] });
        expect(context.get<TokenService>(name).verify({ token })).toMatchObject({
          claims: { iss: OWN[name].issuer, iat: OWN[name].clock.now() / 1000 },
        });
      }
      await context.close();
    });
  },
);

describe.each(orders(['orders', 'billing']))(
  'IdentityAuthModules imported in the order %s (%s)',
  (_title, algorithm, names) => {
    it('keep their own audience, secret and clock', async () => {
      const context = await host(
        names.map((name) => {
          const { issuer, secret, clock } = OWN[name];
          const options = { issuer, audience: name, secrets: [secret], clock };
          return feature(
            name,
            IdentityAuthModule.forRootAsync({ global: false, useFactory: () => options }),
            TokenVerifier,
          );
        }),
        algorithm as (typeof ALGORITHMS)[number],
      );
      for (const name of names) {
        const issuer = new TestIssuer({ ...OWN[name], audience: name, algorithm: 'HS256' });
        const token = await issuer.token();
        const verifiers: Name[] = [];
        for (const each of names) {
          if ((await context.get<TokenVerifier>(each).verify(token)).code === 'valid') verifiers.push(each);
        }
        expect({ name, verifiers }).toEqual({ name, verifiers: [name] });
      }
      await context.close();
    });
  },
);

describe.each(orders(['orders', 'billing']))(
  'TokenClientModules imported in the order %s (%s)',
  (_title, algorithm, names) => {
    it('keep their own client, issuer, clock and fetch', async () => {
      const fetches = new Map(
        names.map((name) => [
          name,
          new FakeFetch(() =>
            json({ access_token: `token-of-${name}`, token_type: 'Bearer', expires_in: 900 }),
          ),
        ]),
      );
      const context = await host(
        names.map((name) => {
          const options = {
            issuerUrl: `https://${name}.example.com`,
            clientId: `client-of-${name}`,
            clientSecret: 'secret',
            clock: OWN[name].clock,
            fetch: fetches.get(name)?.fetch ?? fetch,
          };
          return feature(
            name,
            TokenClientModule.forRootAsync({ global: false, useFactory: () => options }),
            TokenClient,
          );
        }),
        algorithm as (typeof ALGORITHMS)[number],
      );
      for (const name of names) {
        expect(await context.get<TokenClient>(name).getToken({ audience: 'logs' })).toBe(`token-of-${name}`);
        const { url, headers } = fetches.get(name)?.last ?? new FakeFetch().last;
        expect(url).toMatch(`https://${name}.example.com/`);
        expect(atob(headers.get('authorization')?.replace('Basic ', '') ?? '')).toBe(
          `client-of-${name}:secret`,
        );
        expect(fetches.get(name)?.sent).toHaveLength(1);
      }
      await context.close();
    });
  },
);
