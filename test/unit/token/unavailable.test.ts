import { describe, expect, it } from '@jest/globals';
import type { AuditEvent, AuditLog } from '../../../src/audit/audit-log.js';
import type { Client } from '../../../src/clients/client.js';
import type { ClientRegistry } from '../../../src/clients/client-registry.js';
import type { ClientAuthentication } from '../../../src/oauth2/client-authentication.js';
import { FormParameters } from '../../../src/encoding/form-urlencoded.js';
import { ClientCredentialsGrant } from '../../../src/oauth2/grants/client-credentials.grant.js';
import { GrantTable } from '../../../src/oauth2/grants/grant-table.js';
import { TokenEndpoint } from '../../../src/oauth2/token-endpoint.js';
import type { IssueOutcome } from '../../../src/token/issue-outcome.js';
import { IssueTokenController } from '../../../src/token/issue-token.controller.js';
import type { TokenService } from '../../../src/token/token.service.js';

const REASON = 'Too many tokens are being signed now; try again soon';
const outcome: IssueOutcome = { code: 'unavailable', reason: REASON };

/** A service that cannot sign now, and returns that synchronously or asynchronously. */
const services: readonly (readonly [string, TokenService])[] = [
  ['synchronously', { issue: () => outcome } as unknown as TokenService],
  ['asynchronously', { issue: () => Promise.resolve(outcome) } as unknown as TokenService],
];

const client = {
  id: 'careergpt',
  grantTypes: ['client_credentials'],
  audiences: ['logging-service'],
  defaultAudience: null,
  scopes: [],
  claims: [],
  mayActFor: [],
} as unknown as Client;

class Events implements AuditLog {
  readonly codes: unknown[] = [];

  record(_requestId: string, event: AuditEvent): void {
    this.codes.push('code' in event ? event.code : event.event);
  }
}

describe.each(services)('a request that cannot be signed now, as reported %s,', (_when, tokens) => {
  it('gets 503 with Retry-After from /token, and is audited', async () => {
    const events = new Events();
    const controller = new IssueTokenController(tokens, events);
    const request = { id: 'r', ip: '127.0.0.1', headers: {} };
    const ask = async (): Promise<unknown> =>
      controller.issue({ sub: 'user-42', aud: 'logging-service' }, request);
    await expect(ask()).rejects.toMatchObject({
      status: 503,
      body: { error: REASON, code: 'unavailable' },
      headers: { 'retry-after': '5' },
    });
    expect(events.codes).toEqual(['unavailable']);
  });

  it('gets 503 with Retry-After from /oauth2/token, and is audited', async () => {
    const events = new Events();
    const endpoint = new TokenEndpoint(
      new GrantTable({ client_credentials: ClientCredentialsGrant }, [new ClientCredentialsGrant()]),
      { authenticate: () => client } as unknown as ClientAuthentication,
      { isClient: () => true, find: () => client } as unknown as ClientRegistry,
      tokens,
      events,
    );
    const form = new FormParameters([['grant_type', 'client_credentials']]);
    const ask = async (): Promise<unknown> =>
      endpoint.respond(form, { requestId: 'r', address: '127.0.0.1', authorization: undefined });
    await expect(ask()).rejects.toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', error_description: REASON },
      headers: { 'retry-after': '5', pragma: 'no-cache' },
    });
    expect(events.codes).toEqual(['temporarily_unavailable']);
  });
});
