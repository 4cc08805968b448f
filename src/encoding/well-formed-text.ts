/** How long a subject or an audience may be, in Unicode code points. */
export const MAX_NAME_LENGTH = 255;

const CONTROL = /\p{Cc}/u;

/** What nearly all names consist of. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * Characters that cannot be seen, or change how others are seen: controls, lone surrogates, format characters (joiners and marks
 * of direction too, though some scripts use them: two names that look alike must be one), line separators, blanks but U+0020,
 * private use and noncharacters, what Unicode says to ignore by default, and three symbols that are drawn blank.
 */
const INVISIBLE =
  /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{16FE4}\u{1D159}]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');

/** Whether the text can name somebody: no control character, no lone surrogate, not blank. */
export function isWellFormedText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.isWellFormed() && !CONTROL.test(value);
}

/** Whether every character can be seen, or is a blank (U+0020). */
export function isVisible(text: string): boolean {
  return PRINTABLE_ASCII.test(text) || !INVISIBLE.test(text);
}

/** Writes invisible characters as the escapes of JSON, so that a terminal shows them and does not obey them. */
export function escapeInvisible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(ALL_INVISIBLE, (character) =>
    // The code units of UTF-16, which are what JSON escapes.
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/**
 * Whether it can be a new name, such as a `sub` or a member of `aud`: visible text of at most {@link MAX_NAME_LENGTH} code
 * points. Tokens and clients that exist may have others.
 */
export function isName(value: unknown): value is string {
  return (
    isWellFormedText(value) &&
    isVisible(value) &&
    (value.length <= MAX_NAME_LENGTH || [...value].length <= MAX_NAME_LENGTH)
  );
}

/** Whether the value is an array of at most so many distinct members that all pass. */
export function isListOf(value: unknown, isMember: (member: unknown) => boolean, most: number): boolean {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every(isMember) &&
    new Set(value).size === value.length
  );
}
