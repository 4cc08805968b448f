const DATE_TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads a date and time with its zone (RFC 3339 §5.6). `Date.parse` alone would read texts without a zone in
 * that of the host, and accept the 30th of February as the 2nd of March.
 *
 * @returns milliseconds since 1970; `undefined` if the text is not such a time
 */
export function parseDateTime(text: string): number | undefined {
  const date = DATE_TIME.exec(text)?.[1];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Formats a time as RFC 3339 in UTC.
 *
 * @param milliseconds since 1970
 */
export function dateTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Formats a time as {@link dateTime} does; null stays null. */
export function dateTimeOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : dateTime(milliseconds);
}
