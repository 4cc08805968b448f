import { ChangeRefused } from '../clients/change-refused.js';
import { redactSecrets } from '../encoding/redact-secrets.js';
import { isJsonObject } from '../encoding/strict-json.js';

/**
 * Reads a description as a JSON object. A misspelled name would leave what is described with more or fewer
 * rights than intended, so an unknown field is refused.
 *
 * @param names of all fields
 * @throws {ChangeRefused}
 */
export function knownFields(body: unknown, names: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  if (!isJsonObject(body)) throw new ChangeRefused('invalid_request', 'Send a JSON object');
  const unknown = Object.keys(body).find((name) => !names.has(name));
  if (unknown === undefined) return body;
  // The name may be a secret in the wrong place.
  const shown = JSON.stringify(redactSecrets(unknown).slice(0, 64));
  throw new ChangeRefused('invalid_request', `Unknown field ${shown}`);
}
