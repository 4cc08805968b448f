import { decodeUtf8 } from './strict-json.js';

/** The parameters of a form, in their order; one that is repeated is there more than once. */
export class FormParameters {
  constructor(readonly parameters: readonly (readonly [name: string, value: string])[]) {}
}

/** How many parameters are read; no request to this service has as many. */
const MAX_PARAMETERS = 100;

/**
 * Reads `application/x-www-form-urlencoded`. Node's URLSearchParams would repair what is not UTF-8.
 *
 * @returns `undefined` where the bytes are no such form
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

/** Decodes one name or value of a form; `undefined` where it is not encoded rightly. */
export function formDecode(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
