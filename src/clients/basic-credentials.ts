import { formDecode } from '../encoding/form-urlencoded.js';
import { decodeUtf8 } from '../encoding/strict-json.js';

/** The ID and the secret by which a client authenticates. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Base64 with optional padding. Node would also decode text of a length that no bytes encode to. */
const BASIC = /^Basic +((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?)$/i;

/**
 * Reads the credentials of an Authorization header. Both parts are form-encoded before they are joined (RFC
 * 6749 §2.3.1), which most clients forget; the IDs and secrets of this service are the same either way.
 *
 * @returns `undefined` if they are malformed: another scheme, not base64, no colon, an empty part
 */
export function parseBasic(header: string): Credentials | undefined {
  const encoded = BASIC.exec(header)?.[1];
  const text = encoded === undefined ? undefined : decodeUtf8(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  const clientId = formDecode(text.slice(0, colon));
  const clientSecret = formDecode(text.slice(colon + 1));
  return clientId && clientSecret ? { clientId, clientSecret } : undefined;
}
