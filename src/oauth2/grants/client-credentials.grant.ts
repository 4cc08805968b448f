import { Injectable } from '@nestjs/common';
import type { Grant, GrantContext, GrantDecision } from './grant.js';

/** RFC 6749 §4.4: the client requests a token about itself. */
@Injectable()
export class ClientCredentialsGrant implements Grant {
  decide({ client }: GrantContext): Promise<GrantDecision> {
    return Promise.resolve({ subject: client.id });
  }
}
