import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { ApiError } from '../http/api-error.js';

/** Who may ask for a token: anyone, or registered clients only. */
export type TokenAccess = 'none' | 'required';

/** Injection token of {@link TokenAccess}. */
export const TOKEN_ACCESS = Symbol('TOKEN_ACCESS');

const CHALLENGE = { 'www-authenticate': 'Basic realm="identity-backend"' };

/**
 * Decides who may ask for a token. A caller that shows credentials wants them checked, also where anyone may ask, so
 * that callers can be moved one by one. No client is registered yet, so no credentials are good.
 */
@Injectable()
export class TokenAccessGuard implements CanActivate {
  constructor(
    @Inject(TOKEN_ACCESS) private readonly access: TokenAccess,
    @Inject(AuditLog) private readonly audit: AuditLog,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ id: string; headers: { authorization?: string } }>();
    if (this.access === 'none' && request.headers.authorization === undefined) return true;
    this.audit.record(request.id, {
      event: 'token.refused',
      code: 'invalid_client',
      sub: undefined,
      aud: undefined,
    });
    throw new ApiError(401, 'invalid_client', 'Client authentication failed', {}, CHALLENGE);
  }
}
