import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Args, GraphQLModule, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CurrentToken, JwtAuthGuard, Public, RequireScopes } from '../../../../src/guard/index.js';
import { CapturedNestLog } from '../../../support/captured-nest-log.js';
import { HostApp, type Server } from '../../../support/host-app.js';
import { REFUSALS, TransportTokens } from '../../../support/transport-tokens.js';

const tokens = new TransportTokens();
const log = new CapturedNestLog();

const SCHEMA = `
  type Query { lines: Lines! ping: String! who: String! mine: String! }
  type Mutation { write(text: String!): String! }
  type Lines { count: Int! secret: String! }
`;

@Resolver('Lines')
class LinesResolver {
  @Query('lines')
  lines(): object {
    return { count: 2 };
  }

  @ResolveField('secret')
  @RequireScopes('logs:write')
  secret(): string {
    return 'a secret';
  }

  @Query('who')
  who(@CurrentToken('sub') sub: string): string {
    return sub;
  }

  @Query('mine')
  @RequireScopes('logs:write')
  mine(@CurrentToken('sub') sub: string): string {
    return sub;
  }

  @Query('ping')
  @Public()
  ping(@CurrentToken() claims: unknown): string {
    return `claims: ${String(claims)}`;
  }

  @Mutation('write')
  @RequireScopes('logs:write')
  write(@Args('text') text: string, @CurrentToken('sub') sub: string): string {
    return `${text} of ${sub}`;
  }
}

const apollo: ApolloDriverConfig = {
  driver: ApolloDriver,
  typeDefs: SCHEMA,
  includeStacktraceInErrorResponses: false,
  graphiql: false,
};
const mercurius: MercuriusDriverConfig = { driver: MercuriusDriver, typeDefs: SCHEMA };
const enhanced = { fieldResolverEnhancers: ['guards' as const, 'interceptors' as const] };

@Module({})
class LinesModule {
  static with(options: ApolloDriverConfig | MercuriusDriverConfig): DynamicModule {
    return {
      module: LinesModule,
      imports: [tokens.auth, GraphQLModule.forRoot(options)],
      providers: [LinesResolver, { provide: APP_GUARD, useClass: JwtAuthGuard }],
    };
  }
}

/** The part of a response that all servers share. */
interface GraphqlResponse {
  readonly status: number;
  readonly data: unknown;
  readonly errors: readonly { readonly message: string; readonly extensions: unknown }[] | undefined;
}

class GraphqlHost {
  private constructor(private readonly app: HostApp) {}

  static async start(
    server: Server,
    options: ApolloDriverConfig | MercuriusDriverConfig,
  ): Promise<GraphqlHost> {
    return new GraphqlHost(await HostApp.start(server, LinesModule.with(options), { logger: log }));
  }

  async query(query: string, token?: string): Promise<GraphqlResponse> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, body } = await this.app.post('/graphql', { query }, headers);
    const { data, errors } = body as unknown as GraphqlResponse;
    return { status, data, errors };
  }

  stop(): Promise<void> {
    return this.app.stop();
  }
}

const WRITE = 'mutation { write(text: "hello") }';
const CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE',
};

beforeEach(() => log.clear());

describe.each([
  ['Apollo on Express', 'Express', apollo],
  ['Apollo on Fastify', 'Fastify', apollo],
  ['Mercurius', 'Fastify', mercurius],
] as const)('JwtAuthGuard for GraphQL: %s', (_, server, options) => {
  let host: GraphqlHost;
  beforeAll(async () => {
    host = await GraphqlHost.start(server, options);
  });
  afterAll(() => host.stop());

  it.each(REFUSALS)('refuses: %s', async (presented, status, body) => {
    const { error, code } = body as Record<string, string>;
    const response = await host.query(WRITE, await tokens.token(presented));
    expect(response).toMatchObject({ status: 200, data: null });
    expect(response.errors?.map(({ message, extensions }) => ({ message, extensions }))).toEqual([
      {
        message: error,
        extensions: {
          code: CODES[status],
          reason: code,
          ...(presented !== 'none' && { hint: expect.any(String) }),
        },
      },
    ]);
    expect(log.warnings).toContain(`LinesResolver.write refused a request (graphql): ${error} (${code})`);
    expect(log.others.join()).not.toContain(error);
  });

  it('accepts a valid token and passes its claims', async () => {
    const response = await host.query(WRITE, await tokens.valid());
    expect(response).toEqual({ status: 200, data: { write: 'hello of a-client' } });
  });

  it('guards queries, too, and refuses each of several fields', async () => {
    const query = '{ lines { count } ping }';
    expect(await host.query(query)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'missing_token' } }],
    });
    expect((await host.query(query, await tokens.valid())).data).toEqual({
      lines: { count: 2 },
      ping: 'claims: undefined',
    });
  });

  it('reads no token of a public query', async () => {
    expect((await host.query('{ ping }')).data).toEqual({ ping: 'claims: undefined' });
    expect((await host.query('{ ping }', 'no-token')).data).toEqual({ ping: 'claims: undefined' });
  });

  it('keeps the claims of fields apart from public ones of the same request, in any order', async () => {
    const token = await tokens.valid();
    const expected = { who: 'a-client', mine: 'a-client', ping: 'claims: undefined' };
    for (const fields of ['who mine ping', 'ping who mine', 'mine ping who']) {
      expect((await host.query(`{ ${fields} }`, token)).data).toEqual(expected);
    }
  });

  it('guards no field resolver without fieldResolverEnhancers', async () => {
    const token = await tokens.token('otherScope');
    expect((await host.query('{ lines { secret } }', token)).data).toEqual({ lines: { secret: 'a secret' } });
  });
});

describe.each([
  ['Apollo', apollo],
  ['Mercurius', mercurius],
])('JwtAuthGuard for GraphQL with a context of the application: %s', (_, options) => {
  it('finds the request, which Nest adds to the context', async () => {
    const host = await GraphqlHost.start('Fastify', { ...options, context: () => ({ tenant: 'a' }) });
    expect((await host.query('{ who }', await tokens.valid())).data).toEqual({ who: 'a-client' });
    expect(await host.query('{ who }')).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'missing_token' } }],
    });
    await host.stop();
  });
});

describe.each([
  ['Apollo', apollo],
  ['Mercurius', mercurius],
])('JwtAuthGuard for GraphQL with fieldResolverEnhancers: %s', (_, options) => {
  it('guards field resolvers', async () => {
    const host = await GraphqlHost.start('Fastify', { ...options, ...enhanced });
    const query = '{ lines { secret } }';
    expect(await host.query(query, await tokens.token('otherScope'))).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'FORBIDDEN', reason: 'insufficient_scope' } }],
    });
    expect((await host.query(query, await tokens.valid())).data).toEqual({ lines: { secret: 'a secret' } });
    await host.stop();
  });
});
