import { join } from 'node:path';
import { SETTING_NAMES } from './environment.js';
import { readSettingsFile } from './read-settings-file.js';
import { unknownNames } from './unknown-names.js';

/** Variables by name, such as `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Secrets, which are used byte for byte: trimming would change them. */
const BYTE_FOR_BYTE: ReadonlySet<string> = new Set([
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'KEY_ENCRYPTION_KEY',
  'KEY_ENCRYPTION_KEY_PREVIOUS',
]);

/** The values of settings before validation. */
export interface GivenValues {
  /** By the names of the settings; no value is empty. */
  readonly values: Readonly<Record<string, string>>;
  /** The path of the settings file, if there is one. */
  readonly file: string | undefined;
  readonly faults: readonly string[];
  /** Warnings about names that are not settings, but were probably meant to be. */
  readonly notices: readonly string[];
}

/**
 * Reads the settings from `.env` and from the environment, which takes precedence. An empty value counts as
 * not set, so that an empty variable does not hide a value in `.env`.
 *
 * @param directory contains `.env`
 * @param envFile a file to read instead of `.env`; it must exist
 */
export function givenValues(directory: string, environment: Variables, envFile?: string): GivenValues {
  const file = readSettingsFile(envFile ?? join(directory, '.env'));
  const missing = file === undefined && envFile !== undefined ? [`File not found: ${envFile}`] : [];
  const assignments = file?.assignments ?? [];
  return {
    values: {
      ...settingsAmong(assignments.map(({ name, value }) => [name, value])),
      ...settingsAmong(Object.entries(environment)),
    },
    file: file?.path,
    faults: file?.faults ?? missing,
    notices: unknownNames(assignments, Object.keys(environment), SETTING_NAMES),
  };
}

function settingsAmong(
  entries: readonly (readonly [name: string, value: string | undefined])[],
): Record<string, string> {
  const settings = entries
    .filter(([name]) => SETTING_NAMES.has(name))
    .map(([name, value = '']): [string, string] => [name, BYTE_FOR_BYTE.has(name) ? value : trimmed(value)]);
  return Object.fromEntries(settings.filter(([, value]) => value !== ''));
}

/** Trims whitespace and line ends, which quoting and files from other systems leave behind. */
function trimmed(value: string): string {
  return value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}
