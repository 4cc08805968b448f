import { redactSecrets } from '../encoding/redact-secrets.js';
import type { AuditEvent } from './audit-log.js';

/** How much of a token's `jti` is written, in characters: a holder of the shared secret chooses it freely. */
const MAX_TOKEN_ID_LENGTH = 255;

const REMOVED = '[removed]';

/**
 * A name that an unauthenticated caller may have written to the log; excludes, for instance, a passphrase.
 */
const PLAIN_NAME = /^[A-Za-z0-9._~:/@|*-]{1,64}$/;

/** Base64 with `/`, which in most texts separates the segments of a path. */
const RANDOM_BASE64 = /^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/]{32,}={0,2}$/;

/** Formats one name. */
type Show = (name: string) => string;

/**
 * Redacts the names in an audit event: they are the caller's own words, and may be a token or a secret by
 * mistake.
 *
 * @returns the event, safe to write
 */
export function redactEvent(event: AuditEvent): AuditEvent {
  if (event.event === 'token.revoked') {
    const { jti, client_id } = event;
    return { ...event, jti: name(jti.slice(0, MAX_TOKEN_ID_LENGTH)), client_id: optional(client_id, name) };
  }
  if ('sub' in event) {
    const show = event.event === 'token.refused' && event.client_id === undefined ? plainName : name;
    const { sub, aud, scope, client_id } = event;
    return {
      ...event,
      sub: optional(sub, show),
      aud: typeof aud === 'object' ? aud.map(show) : optional(aud, show),
      scope: optional(scope, scopeOf(show)),
      client_id: optional(client_id, name),
    };
  }
  if ('client' in event) return { ...event, client: name(event.client) };
  if ('client_id' in event) return { ...event, client_id: optional(event.client_id, name) };
  return event;
}

function name(text: string): string {
  return text.length >= 32 && RANDOM_BASE64.test(text) ? REMOVED : redactSecrets(text);
}

function plainName(text: string): string {
  return PLAIN_NAME.test(text) ? name(text) : REMOVED;
}

/** Scope tokens are names of their own. */
function scopeOf(show: Show): Show {
  return (scope) => redactSecrets(scope).split(' ').map(show).join(' ');
}

function optional(text: string | undefined, show: Show): string | undefined {
  return text === undefined ? undefined : show(text);
}
