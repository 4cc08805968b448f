import { redactSecrets } from '../encoding/redact-secrets.js';
import type { Client } from './client.js';

/** The maximum length of the names of one kind; a client may have thousands of names. */
const MAX_CHARACTERS = 500;

/**
 * Describes what a client may request. Only that client may read it, after it has authenticated.
 *
 * @param ownAudience the service itself, for which `/token` issues no tokens
 * @returns one sentence of limited length
 */
export function describePolicy(
  { id, audiences, scopes, claims, mayActFor, grantTypes }: Client,
  ownAudience: string,
): string {
  if (!grantTypes.includes('client_credentials')) {
    return 'This client may not request tokens: its grant_types lack client_credentials.';
  }
  const parts = [
    `audiences ${quoted(audiences.filter((name) => name !== ownAudience))}`,
    `scopes ${quoted(scopes)}`,
    `subjects ${quoted([id, ...mayActFor])}`,
    `claims ${quoted(claims)}`,
  ];
  return `This client may request: ${parts.join('; ')}.`;
}

function quoted(names: readonly string[]): string {
  return listed(names.map((name) => JSON.stringify(name)));
}

/**
 * @returns names for an `error_description`, which may contain neither quotes nor backslashes, and only ASCII
 *   (RFC 6749 §5.2); names with other characters are counted as omitted
 */
export function describeInPlainAscii(names: readonly string[]): string {
  const plain = names.filter((name) => /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(name));
  return listed(plain, names.length);
}

/** Lists as many names as fit, redacted: an administrator may have entered a secret in place of a name. */
function listed(names: readonly string[], count = names.length): string {
  if (count === 0) return 'none';
  const shown: string[] = [];
  let length = 0;
  for (const each of names) {
    const name = redactSecrets(each);
    length += name.length + 2;
    if (length > MAX_CHARACTERS) break;
    shown.push(name);
  }
  const more = count - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
