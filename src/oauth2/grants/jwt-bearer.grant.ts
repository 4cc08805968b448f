import { Injectable } from '@nestjs/common';
import { OAuthError } from '../oauth-error.js';
import type { Grant, GrantDecision } from './grant.js';

/** RFC 7523 §2.1: a token of a trusted issuer is the grant. */
@Injectable()
export class JwtBearerGrant implements Grant {
  decide(): Promise<GrantDecision> {
    throw new OAuthError('invalid_grant', 'The assertion is not accepted');
  }
}
