/** How long a subject or an audience may be, in Unicode code points. */
export const MAX_NAME_LENGTH = 255;

const CONTROL = /\p{Cc}/u;

/** Whether the text can name somebody: no control character, no lone surrogate, not blank. */
export function isWellFormedText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.isWellFormed() && !CONTROL.test(value);
}

/** Whether it can be a `sub` or a member of `aud`: well-formed text of at most {@link MAX_NAME_LENGTH} code points. */
export function isName(value: unknown): value is string {
  return isWellFormedText(value) && (value.length <= MAX_NAME_LENGTH || [...value].length <= MAX_NAME_LENGTH);
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
