import { withoutSecrets } from '../jwt/without-secrets.js';
import type { AuditEvent } from './audit-log.js';

/** Names are the caller's own words: a token that was put in their place by mistake is taken out. */
export function shownNames(event: AuditEvent): object {
  if (!('sub' in event)) return {};
  const { sub, aud, scope } = event;
  return {
    ...(sub !== undefined && { sub: withoutSecrets(sub) }),
    ...(aud !== undefined && {
      aud: typeof aud === 'string' ? withoutSecrets(aud) : aud.map(withoutSecrets),
    }),
    ...(scope !== undefined && { scope: withoutSecrets(scope) }),
  };
}
