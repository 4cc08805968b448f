import { ManagedKeys } from '../../src/keys/managed-keys.js';
import type { Administrator } from './clients.js';
import type { ServiceResponse, RunningApp } from './running-app.js';

/** A key as the administration returns it. */
export interface ShownKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly purpose: 'tokens' | 'administration';
  readonly state: 'published' | 'signing' | 'retiring' | 'retired';
  readonly signs_from: string | null;
  readonly signs_until: string | null;
  readonly verifies_until: string | null;
  readonly revoked_at: string | null;
}

/** Makes the service read its keys at once, as it does every second. */
export function syncKeys({ app }: RunningApp): Promise<void> {
  return app.get(ManagedKeys).sync();
}

/** Moves the clock of the service, and makes it read its keys. */
export async function pass(service: RunningApp, seconds: number): Promise<void> {
  service.clock.advance(seconds);
  await syncKeys(service);
}

/** Rotates as the command line does, without a route. */
export async function rotateAll({ app }: RunningApp, revoke = false): Promise<void> {
  await app.get(ManagedKeys).rotate(undefined, revoke);
}

export async function askForKeys(service: RunningApp, admin: Administrator): Promise<ServiceResponse> {
  return service.get('/admin/keys', { authorization: `Bearer ${await admin.token()}` });
}

/** @param algorithm of the keys; keys for the service itself are omitted */
export function shownKeys({ body }: Pick<ServiceResponse, 'body'>, algorithm: string): ShownKey[] {
  const keys = (body['keys'] ?? []) as ShownKey[];
  return keys.filter((key) => key.purpose === 'tokens' && key.algorithm === algorithm);
}

/** @param body no body is sent if omitted */
export async function askForRotation(
  service: RunningApp,
  admin: Administrator,
  body?: unknown,
): Promise<ServiceResponse> {
  const authorization = `Bearer ${await admin.token()}`;
  return body === undefined
    ? service.request('/admin/keys/rotate', { method: 'POST', headers: { authorization } })
    : service.post('/admin/keys/rotate', body, { authorization });
}
