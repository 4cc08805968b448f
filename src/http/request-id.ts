import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { withoutSecrets } from '../jwt/without-secrets.js';

const SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes over the caller's `X-Request-Id` where it may stand in a log line as it is (a token may not), else makes one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  const isSane = typeof given === 'string' && SANE.test(given) && withoutSecrets(given) === given;
  return isSane ? given : randomUUID();
}
