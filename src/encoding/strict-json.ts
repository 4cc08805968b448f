/** The deepest nesting of objects and arrays that is accepted; the outermost object is level 1. */
export const MAX_JSON_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8 without repairing it.
 *
 * @returns `undefined` if the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Parses JSON that means the same to every reader: no duplicate name in an object (RFC 8259 §4 leaves its
 * meaning open, so two services could read two different tokens), no nesting over {@link MAX_JSON_DEPTH}, no
 * field named `__proto__`.
 *
 * @returns the value, or `undefined` if the text is not such JSON (JSON itself has no `undefined`)
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fields = countFields(value, 1);
  // JSON.parse keeps one of two fields with the same name, so a value with fewer fields than the text has a
  // duplicate.
  return fields !== undefined && fields === countColons(text) ? value : undefined;
}

/** @returns the number of fields of all objects in the value; `undefined` if it is rejected */
function countFields(value: unknown, depth: number): number | undefined {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_JSON_DEPTH) return undefined;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      const inner = countFields(item, depth + 1);
      if (inner === undefined) return undefined;
      count += inner;
    }
    return count;
  }
  // Object.entries would make an array for each field of every token and body.
  for (const name of Object.keys(value)) {
    if (name === '__proto__') return undefined;
    const inner = countFields((value as Record<string, unknown>)[name], depth + 1);
    if (inner === undefined) return undefined;
    count += inner + 1;
  }
  return count;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Counts the colons outside strings of valid JSON: one for each field. */
function countColons(text: string): number {
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === COLON) colons++;
    else if (char === QUOTE) i = endOfString(text, i);
  }
  return colons;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** Whether every string, including names, is well-formed Unicode, and every number is finite. */
export function isInterchangeable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInterchangeable);
  return Object.keys(value).every(
    (name) => name.isWellFormed() && isInterchangeable((value as Record<string, unknown>)[name]),
  );
}

/** Whether the value is an object, neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
