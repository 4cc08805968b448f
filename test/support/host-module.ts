import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  HttpCode,
  HttpException,
  Injectable,
  Module,
  Post,
  type Type,
} from '@nestjs/common';
import {
  type AuditEvent,
  AuditLog,
  TokenModule,
  type TokenModuleOptions,
  VerificationLog,
} from '../../src/index.js';
import type { MovedClock } from './moved-clock.js';
import { SECRET } from './settings.js';

/** Routes of the application itself, one of which has the name of an embedded route. */
@Controller('users')
class UsersController {
  @Post('verify')
  @HttpCode(200)
  verify(@Body() body: unknown): unknown {
    return { echo: body ?? null };
  }
}

/** Keeps the events in a static list, as Nest makes a new instance for each test. */
@Injectable()
export class KeptAudit extends AuditLog {
  static readonly events: { requestId: string; event: AuditEvent }[] = [];

  override record(requestId: string, event: AuditEvent): void {
    KeptAudit.events.push({ requestId, event });
  }
}

@Injectable()
export class KeptVerifications extends VerificationLog {
  static readonly codes: string[] = [];

  override record(code: string): void {
    KeptVerifications.codes.push(code);
  }
}

/** A log that is full. */
@Injectable()
export class BrokenAudit extends AuditLog {
  override record(): void {
    throw new Error('No space left for Bearer some-token');
  }
}

/** A guard of the application, which accepts callers by a header. */
@Injectable()
export class DoorGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    if (headers['x-door'] === 'open') return true;
    throw new HttpException({ own: 'The door is shut' }, 403);
  }
}

/** A guard of the application that sets fields of the request under names that others use too. */
@Injectable()
export class NamingGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<Record<string, unknown>>();
    for (const name of ['user', 'client', 'authenticated', 'identity', 'caller']) {
      // Some are taken: on Express, `client` is the socket.
      request[name] ??= { id: 'of-the-application' };
    }
    return true;
  }
}

/** The options of a `TokenModule` in the tests. */
export function tokenOptions(
  clock: MovedClock,
  changes: Partial<TokenModuleOptions> = {},
): TokenModuleOptions {
  return { issuer: 'identity-backend', secret: SECRET, clock, ...changes };
}

/** An application with its own routes next to those of token modules. */
export function hostModule(...tokens: readonly TokenModuleOptions[]): Type {
  @Module({
    imports: tokens.map((options) => TokenModule.forRoot(options)),
    controllers: [UsersController],
  })
  class HostModule {}
  return HostModule;
}
