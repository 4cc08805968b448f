import { validateSync } from 'class-validator';
import { givenValues, type Variables } from './given-values.js';
import { basePathOf, toEnvironment } from './load-settings.js';
import { type Settings, SettingsError } from './settings.js';

/** The variables of the host, the port and the base path. */
const NAMES = ['HOST', 'PORT', 'BASE_PATH'];

/**
 * Reads the host, the port and the base path that the service listens on, and no other settings: makes no
 * secret and opens no key file.
 *
 * @param directory contains `.env`
 * @param variables the environment
 * @param envFile a file to read instead of `.env`; it must exist
 * @throws {SettingsError} with all faults of these settings and of `.env`
 */
export function listenSettings(
  directory = process.cwd(),
  variables: Variables = process.env,
  envFile?: string,
): Pick<Settings, 'host' | 'port' | 'basePath'> {
  const given = givenValues(directory, variables, envFile);
  const environment = toEnvironment(given.values);
  const faults = validateSync(environment, { stopAtFirstError: true })
    .filter(({ property }) => NAMES.includes(property))
    .flatMap(({ constraints }) => Object.values(constraints ?? {}));
  if (given.faults.length + faults.length > 0) throw new SettingsError([...given.faults, ...faults]);
  return { host: environment.HOST, port: environment.PORT, basePath: basePathOf(environment) };
}
