import { kindOf } from '../encoding/kind-of.js';
import { checkServiceAddress } from '../http-client/service-address.js';

/**
 * Refuses an invalid option.
 *
 * @param words name the option, what it must be, and the kind of its value, never the value
 * @throws {TypeError} unless the condition holds
 */
export function check(holds: boolean, words: string): asserts holds {
  if (!holds) throw new TypeError(`IdentityAuthModule: ${words}`);
}

/** As {@link check}, for an option that has the wrong kind or range. */
export function checkOption(holds: boolean, option: string, expected: string, value: unknown): void {
  // A setting that is missing in the environment is the usual cause.
  const cause = value === undefined ? ' (is the variable set?)' : '';
  check(holds, `${option} must be ${expected}, not ${kindOf(value)}${cause}`);
}

export function checkName(option: string, value: unknown): asserts value is string {
  checkOption(isName(value), option, 'a non-empty string', value);
}

/** Checks an option that may be omitted. */
export function checkFlag(option: string, value: unknown): void {
  checkOption(value === undefined || typeof value === 'boolean', option, 'true or false', value);
}

/** Checks an option that may be omitted. */
export function checkFunction(option: string, value: unknown): void {
  checkOption(value === undefined || typeof value === 'function', option, 'a function', value);
}

/** Checks a number of seconds, which may have a fraction. */
export function checkSeconds(option: string, value: unknown, most: number): void {
  const isWithin = typeof value === 'number' && value >= 0 && value <= most;
  if (typeof value === 'number') check(isWithin, `${option} must be 0 to ${most}`);
  checkOption(isWithin, option, `a number from 0 to ${most}`, value);
}

/** Checks the URL of an issuer or of one of its endpoints. */
export function checkAddress(
  option: string,
  value: unknown,
  rules: { readonly allowPlainHttp: boolean },
): asserts value is string {
  checkOption(isName(value), option, 'an absolute http(s) URL', value);
  checkServiceAddress(`IdentityAuthModule: ${option}`, value, rules);
}

/**
 * Refuses an option that does not exist: a misspelt name would silently change who gets in.
 *
 * @param owner what has the options, for the error
 */
export function checkNames(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  check(
    unknown.length === 0,
    `${owner} have no option ${unknown.map((name) => JSON.stringify(name)).join(', ')}; the names are ${known.join(', ')}`,
  );
}

/**
 * Refuses options that are no object, such as those of a factory that returns nothing.
 *
 * @param owner what has the options, for the error
 */
export function checkObject(owner: string, value: unknown, advice = ''): asserts value is object {
  const isObject =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);
  check(isObject, `${owner} must be an object, not ${kindOf(value)}${advice}`);
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
