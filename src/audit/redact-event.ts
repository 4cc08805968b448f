import { redactSecrets } from '../encoding/redact-secrets.js';
import type { AuditEvent } from './audit-log.js';

/** How many characters of a `jti` are logged: anyone with the shared secret can choose it freely. */
const MAX_TOKEN_ID_LENGTH = 255;

/** How many characters of the `sub` of an outside token are logged: its issuer chooses it freely. */
const MAX_SUBJECT_LENGTH = 255;

const REMOVED = '[removed]';

/** The names from unauthenticated callers that are logged. A passphrase, for instance, is not one of them. */
const PLAIN_NAME = /^[A-Za-z0-9._~:/@|*-]{1,64}$/;

/**
 * Random text in base64 with `/`, at which `redactSecrets` ends a run, since it usually separates segments of
 * a path.
 */
const RANDOM_BASE64 = /^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/]{32,}={0,2}$/;

/** Formats one name. */
type Show = (name: string) => string;

/**
 * Redacts the names in an audit event: callers choose them, and may send a token or a secret by mistake.
 *
 * @returns a copy that is safe to log
 */
export function redactEvent(event: AuditEvent): AuditEvent {
  if (event.event === 'token.revoked') {
    const { jti, client_id } = event;
    return {
      ...event,
      jti: redactName(jti.slice(0, MAX_TOKEN_ID_LENGTH)),
      client_id: optional(client_id, redactName),
    };
  }
  if ('use' in event) {
    const { trusted_issuer, sub } = event;
    return {
      ...event,
      trusted_issuer: optional(trusted_issuer, redactName),
      sub: optional(sub?.slice(0, MAX_SUBJECT_LENGTH), redactName),
    };
  }
  if ('sub' in event) {
    const show = event.event === 'token.refused' && event.client_id === undefined ? plainName : redactName;
    const { sub, aud, scope, client_id, trusted_issuer } = event;
    return {
      ...event,
      sub: optional(sub, show),
      aud: typeof aud === 'object' ? aud.map(show) : optional(aud, show),
      scope: optional(scope, scopeOf(show)),
      client_id: optional(client_id, redactName),
      ...(trusted_issuer !== undefined && { trusted_issuer: redactName(trusted_issuer) }),
    };
  }
  if ('issuer' in event) return { ...event, issuer: redactName(event.issuer) };
  if ('client' in event) return { ...event, client: redactName(event.client) };
  if ('client_id' in event) return { ...event, client_id: optional(event.client_id, redactName) };
  return event;
}

/** A name that others choose, for a line of the log or a label of a metric. */
export function redactName(text: string): string {
  return text.length >= 32 && RANDOM_BASE64.test(text) ? REMOVED : redactSecrets(text);
}

function plainName(text: string): string {
  return PLAIN_NAME.test(text) ? redactName(text) : REMOVED;
}

/** Redacts each scope token by itself. */
function scopeOf(show: Show): Show {
  return (scope) => redactSecrets(scope).split(' ').map(show).join(' ');
}

function optional(text: string | undefined, show: Show): string | undefined {
  return text === undefined ? undefined : show(text);
}
