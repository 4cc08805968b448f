import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { redactSecrets } from '../encoding/redact-secrets.js';

const SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** @returns the caller's `X-Request-Id`; `undefined` unless it is safe to log (a token is not) */
export function givenRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const given = headers['x-request-id'];
  const isSane = typeof given === 'string' && SANE.test(given) && redactSecrets(given) === given;
  return isSane ? given : undefined;
}

/** @returns the caller's request ID if it is safe to log, else a new one */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  return givenRequestId(request) ?? randomUUID();
}
