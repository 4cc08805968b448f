import { Option } from 'commander';
import type { JsonOptions } from './command.js';
import { NOTHING } from './option-values.js';

/** Makes an option with a parser of its value. */
export const option = <T>(
  flags: string,
  description: string,
  parse: (value: string, previous: T) => T,
): Option => new Option(flags, description).argParser(parse);

/**
 * The fields of the administration API that options set. An option that is not given is omitted, and `-` becomes
 * null.
 *
 * @param known the options, keyed by the fields that they set
 */
export function fieldsOf(
  known: Readonly<Record<string, Option>>,
  options: JsonOptions,
): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(options));
  return Object.fromEntries(
    Object.entries(known)
      .map(([field, each]) => [field, values.get(each.attributeName())] as const)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, value === NOTHING ? null : value]),
  );
}
