import { decodeUtf8 } from './strict-json.js';

/** The parameters of a form, in order of appearance. A repeated parameter is listed each time. */
export class FormParameters {
  constructor(readonly parameters: readonly (readonly [name: string, value: string])[]) {}
}

/** The maximum number of parameters. No request to this service needs as many. */
const MAX_PARAMETERS = 100;

/**
 * Reads `application/x-www-form-urlencoded`. Node's URLSearchParams would repair invalid UTF-8 instead of
 * rejecting it.
 *
 * @returns `undefined` if the bytes are not such a form
 */
export function parseForm(bytes: Uint8Array): FormParameters | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined) return undefined;
  const parts = text.split('&').filter((part) => part !== '');
  if (parts.length > MAX_PARAMETERS) return undefined;
  const parameters: [string, string][] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = formDecode(equals < 0 ? part : part.slice(0, equals));
    const value = formDecode(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    parameters.push([name, value]);
  }
  return new FormParameters(parameters);
}

/**
 * Decodes one name or value of a form.
 *
 * @returns `undefined` if the encoding is invalid
 */
export function formDecode(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
