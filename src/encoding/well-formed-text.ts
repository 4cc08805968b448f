/** The longest subject or audience, in Unicode code points. */
export const MAX_NAME_LENGTH = 255;

const CONTROL = /\p{Cc}/u;

/** Almost all names match this, which is faster to check. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * Characters that are invisible or change how others are displayed: controls, lone surrogates, format
 * characters (joiners and direction marks too, though some scripts use them, since two names that look alike
 * must be the same), line separators, whitespace except U+0020, private use and noncharacters, characters
 * that Unicode ignores by default, and three symbols that are drawn as a space.
 */
const INVISIBLE =
  /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{16FE4}\u{1D159}]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');

/**
 * Whether the value can name someone: a string without control characters or lone surrogates, and not only
 * whitespace.
 */
export function isWellFormedText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.isWellFormed() && !CONTROL.test(value);
}

/** Whether every character is visible or a space (U+0020). */
export function isVisible(text: string): boolean {
  return PRINTABLE_ASCII.test(text) || !INVISIBLE.test(text);
}

/**
 * Escapes invisible characters as JSON does, so that a terminal displays them instead of interpreting them.
 */
export function escapeInvisible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(ALL_INVISIBLE, (character) =>
    // JSON escapes UTF-16 code units.
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/**
 * Whether the value can be a new name, such as a `sub` or an entry of `aud`: visible text of at most
 * {@link MAX_NAME_LENGTH} code points. Existing tokens and clients may have other names.
 */
export function isName(value: unknown): value is string {
  return (
    isWellFormedText(value) &&
    isVisible(value) &&
    (value.length <= MAX_NAME_LENGTH || [...value].length <= MAX_NAME_LENGTH)
  );
}

/** Whether the value is an array of at most `most` distinct entries that all pass the check. */
export function isListOf(value: unknown, isMember: (member: unknown) => boolean, most: number): boolean {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every(isMember) &&
    new Set(value).size === value.length
  );
}
