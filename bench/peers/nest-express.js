/**
 * NestJS on Express as the documentation of Nest shows it: a validation pipe with class-validator, and
 * `@nestjs/jwt` with the secret as a string. No log, no metrics, no security headers, no limits.
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  UnauthorizedException,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { IsNotEmpty, IsString } from 'class-validator';

const ISSUER = 'identity-backend';
const LIFETIME_SECONDS = 900;
const { JWT_SECRET_KEY: secret = '', PORT } = process.env;

class TokenRequest {
  sub = '';
  aud = '';
}
class VerifyRequest {
  token = '';
  aud = '';
}
for (const [type, members] of /** @type {const} */ ([
  [TokenRequest, ['sub', 'aud']],
  [VerifyRequest, ['token', 'aud']],
])) {
  for (const member of members) decorate([IsString(), IsNotEmpty()], type.prototype, member);
}

class AppController {
  /** @param {JwtService} jwt */
  constructor(jwt) {
    this.jwt = jwt;
  }

  ping() {
    return 'OK';
  }

  /** @param {TokenRequest} request */
  async token({ sub, aud }) {
    const token = await this.jwt.signAsync({ sub, aud, jti: randomUUID() });
    return { token, token_type: 'Bearer', expires_in: LIFETIME_SECONDS };
  }

  /** @param {VerifyRequest} request */
  async verify({ token, aud }) {
    try {
      const claims = await this.jwt.verifyAsync(token, {
        audience: aud,
        issuer: ISSUER,
        algorithms: ['HS256'],
      });
      return { valid: true, claims };
    } catch {
      throw new UnauthorizedException();
    }
  }
}

// Applies what would be decorators in TypeScript.
const { prototype } = AppController;
route('ping', [Get('ping')]);
route('token', [Post('token'), HttpCode(200)], TokenRequest);
route('verify', [Post('verify'), HttpCode(200)], VerifyRequest);
Reflect.defineMetadata('design:paramtypes', [JwtService], AppController);
Reflect.decorate([Controller()], AppController);

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- A Nest module without decorators.
class AppModule {}
Module({
  imports: [JwtModule.register({ secret, signOptions: { issuer: ISSUER, expiresIn: LIFETIME_SECONDS } })],
  controllers: [AppController],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
await app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit());

/**
 * @param {'ping' | 'token' | 'verify'} name
 * @param {MethodDecorator[]} decorators
 * @param {Function} [body]
 */
function route(name, decorators, body) {
  Reflect.defineMetadata('design:paramtypes', body ? [body] : [], prototype, name);
  if (body) Body()(prototype, name, 0);
  decorate(decorators, prototype, name);
}

/**
 * @param {(MethodDecorator | PropertyDecorator)[]} decorators
 * @param {object} target
 * @param {string} name
 */
function decorate(decorators, target, name) {
  Reflect.decorate(
    /** @type {MethodDecorator[]} */ (decorators),
    target,
    name,
    Reflect.getOwnPropertyDescriptor(target, name),
  );
}
