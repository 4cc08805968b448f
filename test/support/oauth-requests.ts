import { expect } from '@jest/globals';
import type { TestClient } from './clients.js';
import type { Answer, RunningApp } from './running-app.js';

/** Asks for an access token, which must be given. */
export async function accessToken(
  service: RunningApp,
  { authorization }: TestClient,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const form = { grant_type: 'client_credentials', ...parameters };
  const { body, text } = await service.form('/oauth2/token', form, { authorization });
  if (typeof body['access_token'] !== 'string') throw new Error(`No token: ${text}`);
  return body['access_token'];
}

export function introspect(
  service: RunningApp,
  { authorization }: TestClient,
  token: string,
): Promise<Answer> {
  return service.form('/oauth2/introspect', { token }, { authorization });
}

export function revoke(service: RunningApp, { authorization }: TestClient, token: string): Promise<Answer> {
  return service.form('/oauth2/revoke', { token }, { authorization });
}

/** What RFC 6749 §5.2 has of a refusal, to compare at once. */
export function refusalOf({ status, body }: Answer): object {
  return { status, body };
}

/** The body and status of a refusal with this code, whatever its words. */
export function refused(error: string, status = 400): object {
  return { status, body: { error, error_description: expect.any(String) } };
}
