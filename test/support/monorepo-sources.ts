/** What all applications of the monorepo share. */
export const LIBRARY_SOURCE = `
import { type CanActivate, type DynamicModule, type ExecutionContext, Injectable, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TokenModule } from '@acme/identity-backend';
import { IdentityAuthModule, JwtAuthGuard, Public } from '@acme/identity-backend/guard';
import { TokenClientModule } from '@acme/identity-backend/token-client';

const secret = process.env['SECRET'] ?? '';
const [id = '', password = ''] = (process.env['CALLER'] ?? '').split(':');

/** Knows who may ask for tokens. */
@Injectable()
export class CallerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    return headers.authorization === 'Basic ' + Buffer.from(id + ':' + password).toString('base64');
  }
}

/** The guard of the other routes; those that issue and verify tokens have their own. */
@Injectable()
export class AppGuard extends JwtAuthGuard {
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return /Embedded/.test(context.getClass().name) || super.canActivate(context);
  }
}

@Module({})
export class AuthModule {
  /** @param audience the name of the application */
  static for(audience: string): DynamicModule {
    return {
      module: AuthModule,
      imports: [
        TokenModule.forRoot({ issuer: 'monorepo', secret, routes: { path: 'identity', guards: [CallerGuard] } }),
        IdentityAuthModule.forRoot({ issuer: 'monorepo', audience, secrets: [secret] }),
        TokenClientModule.forRoot({
          issuerUrl: process.env['ISSUER_URL'] ?? 'http://127.0.0.1:1',
          clientId: id,
          clientSecret: password,
          subject: audience,
        }),
      ],
      providers: [{ provide: APP_GUARD, useClass: AppGuard }],
    };
  }
}

export { Public };
`;

/** `main.ts` of an application. */
export function mainSource(server: 'fastify' | 'express', isModule: boolean): string {
  const adapter = server === 'fastify' ? 'FastifyAdapter' : 'ExpressAdapter';
  return `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ${adapter} } from '@nestjs/platform-${server}';
import { AppModule } from './app.module${isModule ? '.js' : ''}';

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, new ${adapter}(), { logger: ['error'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log('Listening on ' + (await app.getUrl()));
}
void start();
`;
}

/** `app.module.ts` of an application. */
export function appModuleSource(name: string): string {
  return `
import { Controller, Get, Module, Query } from '@nestjs/common';
import { AuthModule, Public } from '@app/auth';
import { TokenService } from '@acme/identity-backend';
import { type Claims, CurrentToken, RequireScopes } from '@acme/identity-backend/guard';
import { TokenClient } from '@acme/identity-backend/token-client';

@Controller()
class AppController {
  constructor(private readonly tokens: TokenClient) {}

  @Get('ping')
  @Public()
  ping(): string {
    return 'OK';
  }

  @Get('claims')
  @RequireScopes('read')
  claims(@CurrentToken() claims: Claims): Claims {
    return claims;
  }

  /** Calls another application as this one. */
  @Get('call')
  @RequireScopes('read')
  async call(@Query('url') url: string, @Query('audience') audience: string): Promise<unknown> {
    const answer = await this.tokens.fetchWith({ audience, scope: 'read' })(url);
    return answer.json();
  }
}

@Module({ imports: [AuthModule.for('${name}')], controllers: [AppController] })
export class AppModule {}

/** Types of this package, as an application may write them. */
export function isValid(tokens: TokenService, token: string): boolean {
  const verdict = tokens.verify({ token, audience: '${name}' });
  return verdict.code === 'valid' && verdict.claims.exp > 0;
}
`;
}
