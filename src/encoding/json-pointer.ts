/** The longest pointer, in characters. */
const MAX_LENGTH = 255;

/** One reference token after its `/`; `~` occurs only as `~0` or `~1` (RFC 6901 §3). */
const POINTER = /^(?:\/(?:[^/~]|~[01])*)+$/;

/**
 * Reads a JSON pointer (RFC 6901) to a part of a document.
 *
 * @param text such as `/kubernetes.io/namespace`
 * @returns its reference tokens, unescaped; `undefined` if it is malformed, longer than 255 characters, or
 *   empty, which would be the whole document
 */
export function parsePointer(text: unknown): readonly string[] | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !POINTER.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Finds the value that a pointer references (RFC 6901 §4).
 *
 * @param tokens the reference tokens, as {@link parsePointer} returns them
 * @returns `undefined` if the document has no such value
 */
export function valueAt(document: unknown, tokens: readonly string[]): unknown {
  let value = document;
  for (const token of tokens) {
    // Only what the document itself has: `length` of an array and `constructor` are not in it.
    const isPresent = Array.isArray(value)
      ? /^(?:0|[1-9]\d*)$/.test(token)
      : typeof value === 'object' && value !== null;
    if (!isPresent || !Object.hasOwn(value as object, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}
