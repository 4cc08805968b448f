import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  TokenClient,
  TokenClientModule,
  type TokenClientOptions,
  TokenUnavailableError,
} from '../../../src/token-client/index.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { connectionRefused, FakeFetch, json } from '../../support/fake-fetch.js';
import { MovedClock } from '../../support/moved-clock.js';

const log = new CapturedNestLog();
const LOGS = { audience: 'logging-service', scope: 'logs:write' };

let clock: MovedClock;
let fake: FakeFetch;
let options: TokenClientOptions;
let client: TokenClient;

beforeEach(() => {
  log.clear();
  clock = new MovedClock();
  let tokens = 0;
  fake = new FakeFetch(() =>
    json({ access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 900 }),
  );
  options = {
    issuerUrl: 'https://issuer.example',
    clientId: 'careergpt',
    clientSecret: 'marker',
    clock,
    random: () => 0,
    fetch: fake.fetch,
  };
  client = new TokenClient(options);
});

describe('TokenClient', () => {
  it('keeps one token for each audience and scope', async () => {
    const targets = [
      LOGS,
      { audience: 'logging-service' },
      { audience: 'billing' },
      { ...LOGS, scope: 'logs:read' },
    ];
    for (let round = 0; round < 2; round++) {
      const tokens = [];
      for (const target of targets) tokens.push(await client.getToken(target));
      expect(tokens).toEqual(['token-1', 'token-2', 'token-3', 'token-4']);
    }
  });

  it('distinguishes targets whose audience and scope are alike when joined', async () => {
    const first = await client.getToken({ audience: 'a', scope: 'b c' });
    expect(await client.getToken({ audience: 'a b', scope: 'c' })).not.toBe(first);
    expect(await client.getToken({ audience: 'a","b', scope: 'c' })).not.toBe(first);
    expect(await client.getToken({ audience: 'a', scope: 'b c' })).toBe(first);
  });

  it('treats an empty scope as no scope', async () => {
    expect(await client.getToken({ audience: 'a', scope: '' })).toBe(
      await client.getToken({ audience: 'a' }),
    );
  });

  it('caches the tokens for a thousand targets and evicts the oldest', async () => {
    for (let index = 0; index <= 1000; index++) await client.getToken({ audience: `service-${index}` });
    expect(await client.getToken({ audience: 'service-1' })).toBe('token-2');
    expect(await client.getToken({ audience: 'service-0' })).toBe('token-1002');
  });

  it('makes one request for 100 concurrent callers', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => client.getToken(LOGS)));
    expect([new Set(tokens), fake.sent.length]).toEqual([new Set(['token-1']), 1]);
  });

  it('logs a warning without secret and token if it cannot renew', async () => {
    await client.getToken(LOGS);
    fake.answer = connectionRefused;
    clock.advance(700);
    expect(await client.getToken(LOGS)).toBe('token-1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.warnings).toEqual([
      'The token for logging-service is not renewed yet. No token: https://issuer.example/oauth2/token: ECONNREFUSED',
    ]);
  });

  it('rejects with a TokenUnavailableError with status and code, without the secret', async () => {
    fake.answer = () => json({ error: 'invalid_client', error_description: 'marker' }, 401);
    const error = await client.getToken(LOGS).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TokenUnavailableError);
    expect(error).toMatchObject({ name: 'TokenUnavailableError', status: 401, code: 'invalid_client' });
    expect(JSON.stringify(error) + String((error as Error).stack) + log.text).not.toContain('marker');
  });
});

describe('TokenClientModule', () => {
  @Injectable()
  class Reporter {
    constructor(@Inject(TokenClient) readonly tokens: TokenClient) {}
  }
  @Module({ providers: [Reporter], exports: [Reporter] })
  class FeatureModule {}

  it.each([
    ['options', () => TokenClientModule.forRoot(options)],
    ['a factory', () => TokenClientModule.forRootAsync({ useFactory: () => Promise.resolve(options) })],
  ])('provides the client to every module, from %s', async (_name, imported) => {
    @Module({ imports: [imported(), FeatureModule] })
    class AppModule {}
    const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
    expect(await context.get(Reporter).tokens.getToken(LOGS)).toBe('token-1');
    await context.close();
  });

  it('throws TypeError for invalid options in forRoot', () => {
    expect(() => TokenClientModule.forRoot({ issuerUrl: 'https://issuer.example' })).toThrow(TypeError);
  });
});
