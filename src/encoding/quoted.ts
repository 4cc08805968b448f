import { redactSecrets } from './redact-secrets.js';
import { escapeInvisible } from './well-formed-text.js';

/** The longest name that is shown whole, in UTF-16 code units. */
const MAX_SHOWN = 255;

/** A name, safe to show in a hint: redacted, quoted, shortened, with every character visible. */
export function quoted(name: string): string {
  const shown = redactSecrets(name);
  return escapeInvisible(JSON.stringify(shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown));
}
