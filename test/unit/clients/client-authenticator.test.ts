import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEvent, AuditLog } from '../../../src/audit/audit-log.js';
import { BruteForceLimit } from '../../../src/clients/brute-force-limit.js';
import type { Client } from '../../../src/clients/client.js';
import {
  type Authentication,
  ClientAuthenticator,
  type SecretMethod,
} from '../../../src/clients/client-authenticator.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { makeSecret } from '../../../src/clients/client-secret.js';
import { MemoryWindowCounter } from '../../../src/rate-limit/memory-window-counter.js';
import { clientOf } from '../../support/client-values.js';
import { MemoryRecordStore } from '../../support/memory-record-store.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

const MAX_FAILURES = 3;
const ATTEMPT = { requestId: 'request-1', address: '192.0.2.1' };
const { text, kept } = makeSecret(NEW_YEAR * 1000, null);

class Audit extends AuditLog {
  readonly events: AuditEvent[] = [];

  override record(_requestId: string, event: AuditEvent): void {
    this.events.push(event);
  }
}

let audit: Audit;
let clients: ClientRegistry;
let authenticator: ClientAuthenticator;

beforeEach(() => {
  const clock = new MovedClock();
  audit = new Audit();
  clients = new ClientRegistry(new MemoryRecordStore<Client>());
  const limit = new BruteForceLimit(MAX_FAILURES, new MemoryWindowCounter(60_000, clock), clock);
  authenticator = new ClientAuthenticator(clients, limit, clock, audit);
});

const register = (fields: Partial<Client> = {}): Promise<unknown> =>
  clients.change('worker', () => clientOf({ secrets: [kept], ...fields }));
const bySecret = async (method: SecretMethod, clientSecret = text): Promise<Authentication> =>
  authenticator.bySecret(ATTEMPT, { clientId: 'worker', clientSecret }, method);

describe('ClientAuthenticator.bySecret', () => {
  it.each<SecretMethod>(['client_secret_basic', 'client_secret_post'])(
    'accepts the secret by %s if the client is limited to no method or to this one',
    async (method) => {
      for (const tokenEndpointAuthMethods of [null, [method], [method, 'federated'] as const]) {
        await register({ tokenEndpointAuthMethods });
        expect(await bySecret(method)).toEqual({ code: 'authenticated', client: clients.find('worker') });
      }
      expect(audit.events).toEqual([]);
    },
  );

  it.each<[SecretMethod, Client['tokenEndpointAuthMethods']]>([
    ['client_secret_basic', ['client_secret_post']],
    ['client_secret_post', ['client_secret_basic']],
    ['client_secret_basic', ['private_key_jwt', 'federated']],
    ['client_secret_post', []],
  ])(
    'refuses the right secret by %s as a wrong one if the client is limited to %j',
    async (method, allowed) => {
      await register({ tokenEndpointAuthMethods: allowed });
      const refusals = [await bySecret(method), await bySecret(method, 'wrong')];
      expect(refusals).toEqual([{ code: 'invalid_client' }, { code: 'invalid_client' }]);
      const [first, second] = audit.events;
      expect(first).toMatchObject({
        event: 'authentication.failed',
        code: 'invalid_client',
        client_id: 'worker',
      });
      expect(second).toEqual(first);
    },
  );

  it('counts the right secret by a method that is not allowed as a failure', async () => {
    await register({ tokenEndpointAuthMethods: ['client_secret_post'] });
    for (let i = 0; i < MAX_FAILURES; i++) await bySecret('client_secret_basic');
    expect(await bySecret('client_secret_post')).toMatchObject({ code: 'too_many_requests' });
  });

  it('refuses a disabled client', async () => {
    await register({ disabled: true });
    expect(await bySecret('client_secret_basic')).toEqual({ code: 'invalid_client' });
  });
});
