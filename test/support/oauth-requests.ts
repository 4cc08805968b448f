import { expect } from '@jest/globals';
import type { TestClient } from './clients.js';
import type { ServiceResponse, RunningApp } from './running-app.js';

/** Requests an access token, and throws if there is none. */
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
): Promise<ServiceResponse> {
  return service.form('/oauth2/introspect', { token }, { authorization });
}

export function revoke(
  service: RunningApp,
  { authorization }: TestClient,
  token: string,
): Promise<ServiceResponse> {
  return service.form('/oauth2/revoke', { token }, { authorization });
}

/** The parts of an error response that RFC 6749 §5.2 defines, to compare with {@link refused}. */
export function refusalOf({ status, body }: ServiceResponse): object {
  return { status, body };
}

/** The body and status of an error response with this code and any description. */
export function refused(error: string, status = 400): object {
  return { status, body: { error, error_description: expect.any(String) } };
}
