import { withoutSecrets } from '../jwt/without-secrets.js';
import type { AuditEvent } from './audit-log.js';

/** How much of a token's id is written, in characters: who signs with the shared secret chooses the id. */
const MAX_TOKEN_ID_LENGTH = 255;

/**
 * Names are the caller's own words: a token that was put in their place by mistake is taken out.
 *
 * @returns the event as it may be written
 */
export function shown(event: AuditEvent): AuditEvent {
  if (event.event === 'token.revoked') {
    return { ...event, jti: withoutSecrets(event.jti.slice(0, MAX_TOKEN_ID_LENGTH)) };
  }
  if (!('sub' in event)) return event;
  const { sub, aud, scope } = event;
  return { ...event, sub: shownName(sub), aud: shownNames(aud), scope: shownName(scope) };
}

function shownNames(names: string | readonly string[] | undefined): string | readonly string[] | undefined {
  return typeof names === 'object' ? names.map(withoutSecrets) : shownName(names);
}

function shownName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : withoutSecrets(name);
}
