/** An application on any Nest of the light package, with registrations that print alike. */
export const APPLICATION_SOURCE = `
import 'reflect-metadata';
import { Controller, type DynamicModule, Get, Injectable, Module, Query, UseGuards } from '@nestjs/common';
import {
  type Claims,
  CurrentToken,
  IdentityAuthModule,
  type IdentityAuthOptions,
  JwtAuthGuard,
  Public,
  RequireScopes,
} from '@acme/identity-client';
import { TokenClient, TokenClientModule } from '@acme/identity-client/token-client';

const optionsOf = (audience: string): IdentityAuthOptions => ({
  issuer: 'test-issuer',
  audience,
  secrets: [process.env['SECRET'] ?? ''],
});

const fromFactory = (audience: string): DynamicModule =>
  IdentityAuthModule.forRootAsync({ global: false, useFactory: () => optionsOf(audience) });
const fromOptions = (audience: string): DynamicModule =>
  IdentityAuthModule.forRoot({ global: false, ...optionsOf(audience) });

abstract class GuardedController {
  @Get()
  @RequireScopes('read')
  read(@CurrentToken() claims: Claims, @CurrentToken('sub') subject: string): object {
    return { subject, audience: claims.aud };
  }

  @Get('ping')
  @Public()
  ping(@CurrentToken() claims: Claims | undefined): object {
    return { claims: claims ?? null };
  }
}

@Controller('first')
@UseGuards(JwtAuthGuard)
class FirstController extends GuardedController {}

@Module({ imports: [fromFactory('first')], controllers: [FirstController] })
class FirstModule {}

@Controller('second')
@UseGuards(JwtAuthGuard)
class SecondController extends GuardedController {}

@Module({ imports: [fromFactory('second')], controllers: [SecondController] })
class SecondModule {}

@Controller('third')
@UseGuards(JwtAuthGuard)
class ThirdController extends GuardedController {}

@Module({ imports: [fromOptions('third')], controllers: [ThirdController] })
class ThirdModule {}

@Controller('fourth')
@UseGuards(JwtAuthGuard)
class FourthController extends GuardedController {}

@Module({ imports: [fromOptions('fourth')], controllers: [FourthController] })
class FourthModule {}

@Injectable()
class Caller {
  constructor(private readonly tokens: TokenClient) {}

  async call(url: string): Promise<unknown> {
    const response = await this.tokens.fetchWith({ audience: 'first', scope: 'read' })(url);
    return response.json();
  }
}

@Controller('call')
class CallController {
  constructor(private readonly caller: Caller) {}

  @Get()
  call(@Query('url') url: string): Promise<unknown> {
    return this.caller.call(url);
  }
}

@Module({
  imports: [
    TokenClientModule.forRootAsync({
      useFactory: () => ({
        issuerUrl: process.env['ISSUER_URL'] ?? '',
        clientId: 'caller',
        clientSecret: 'a-secret-of-the-caller',
      }),
    }),
  ],
  controllers: [CallController],
  providers: [Caller],
})
class CallModule {}

@Module({ imports: [FirstModule, SecondModule, ThirdModule, FourthModule, CallModule] })
export class AppModule {}
`;

/** Starts the application on both servers, and prints their URLs. */
export const MAIN_SOURCE = `
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MovedClock, TestIssuer, TOKEN_FAULTS } from '@acme/identity-client/testing';
import { AppModule } from './app.module.js';
import * as all from './all-exports.js';

async function start(): Promise<void> {
  const express = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error'] });
  const fastify = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
  for (const app of [express, fastify]) await app.listen(0, '127.0.0.1');
  const issuer = new TestIssuer({ clock: new MovedClock() });
  console.log(
    JSON.stringify({
      urls: { express: await express.getUrl(), fastify: await fastify.getUrl() },
      exported: Object.keys(all),
      algorithm: issuer.algorithm,
      faults: Object.keys(TOKEN_FAULTS).length,
    }),
  );
}
void start();
`;
