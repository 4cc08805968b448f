import { InvalidArgumentError } from 'commander';

/**
 * The value that empties a list, or resets a single value. Parsers do not return null for it, since commander
 * would turn null into an empty string.
 */
export const NOTHING = '-';

/** @returns a parser for an option that may be given only once and must not be empty */
export function single<T = string>(parse?: (value: string) => T): (value: string, previous?: T) => T;
export function single(parse: (value: string) => unknown = String) {
  return (value: string, previous?: unknown): unknown => {
    if (previous !== undefined) throw new InvalidArgumentError('It is given more than once.');
    return parse(notEmpty(value));
  };
}

/** @returns a parser like {@link single} that accepts {@link NOTHING} too */
export function singleOrNothing<T>(
  parse: (value: string) => T,
): (value: string, previous?: T | typeof NOTHING) => T | typeof NOTHING {
  return single((value) => (value === NOTHING ? NOTHING : parse(value)));
}

/**
 * Collects an option that may be given several times, each time with another value; a single `-` means an
 * empty list.
 */
export function list(value: string, previous?: readonly string[]): readonly string[] {
  notEmpty(value);
  if (previous === undefined) return value === NOTHING ? [] : [value];
  if (value === NOTHING || previous.length === 0) {
    throw new InvalidArgumentError('- empties the list, and must be the only value.');
  }
  if (previous.includes(value)) throw new InvalidArgumentError('It is given more than once.');
  return [...previous, value];
}

/** Collects values like {@link list}; {@link NOTHING} alone resets the field to its default. */
export function listOrNothing(
  value: string,
  previous?: readonly string[] | typeof NOTHING,
): readonly string[] | typeof NOTHING {
  if (previous === NOTHING) throw new InvalidArgumentError('- resets the field, and must be the only value.');
  return value === NOTHING && previous === undefined ? NOTHING : list(value, previous);
}

/** Collects JSON values; {@link NOTHING} alone means an empty list. */
export function listOfJson(value: string, previous?: readonly unknown[]): readonly unknown[] {
  if (previous === undefined && value === NOTHING) return [];
  if (value === NOTHING || previous?.length === 0) {
    throw new InvalidArgumentError('- empties the list, and must be the only value.');
  }
  return [...(previous ?? []), json(value)];
}

/** Parses JSON. */
export function json(value: string): unknown {
  try {
    return JSON.parse(notEmpty(value)) as unknown;
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
}

/** Parses `true` or `false`. */
export function trueOrFalse(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new InvalidArgumentError('It must be true or false.');
}

/** Collects values to add to a list or to remove from it: like {@link list}, but never an empty one. */
export function values(value: string, previous?: readonly string[]): readonly string[] {
  if (value === NOTHING) throw new InvalidArgumentError('- cannot be an entry of a list.');
  return list(value, previous);
}

/**
 * Parses plain decimal digits. `0x10`, `1e3`, `+5`, spaces and leading zeros are rejected, since they can be
 * read in more than one way.
 */
export function wholeNumber(value: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number in decimal digits.');
}

/** Rejects an empty value, which is usually an unset variable in a script. */
export function notEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.');
  return value;
}
