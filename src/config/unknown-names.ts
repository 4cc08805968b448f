import type { Assignment } from './settings-file.js';

/** Names of other programs that happen to be close to one of ours. */
const ELSEWHERE: ReadonlySet<string> = new Set(['HOME', 'PATH', 'PAGER', 'PGHOST', 'PGPORT']);

/** A name that differs from a setting by this many letters or fewer is taken for a misspelt one. */
const MISSPELT = 2;

/** Only what looks like a name is shown: a line may hold a secret that ends in `=`. */
const SHOWABLE = /^[A-Za-z]{1,20}\d{0,4}(_[A-Za-z]{1,20}\d{0,4})*$/;

/**
 * Finds names that are probably meant for the service and have no effect.
 *
 * @param inFile all that the settings file assigns: every name there is meant for the service
 * @param inEnvironment the names of all variables, most of which are meant for other programs
 * @param known the names of all settings
 * @returns a sentence for each, with the setting that is probably meant
 */
export function unknownNames(
  inFile: readonly Assignment[],
  inEnvironment: readonly string[],
  known: ReadonlySet<string>,
): string[] {
  const settings = [...known];
  const ofFile = inFile
    .filter(({ name }) => !known.has(name))
    .map(({ name, line }) => {
      const meant = nearest(name, settings, Math.max(MISSPELT, Math.floor(name.length / 3)));
      const shown = SHOWABLE.test(name)
        ? `${name} (line ${line} of the settings file)`
        : `line ${line} of the settings file`;
      return notice(shown, meant);
    });
  const ofEnvironment = inEnvironment
    .filter((name) => !known.has(name))
    .flatMap((name) => {
      const meant = nearest(name, settings, MISSPELT);
      return meant === undefined ? [] : [notice(`${name} (in the environment)`, meant)];
    });
  return [...ofFile, ...ofEnvironment];
}

function notice(shown: string, meant: string | undefined): string {
  return `${shown} is no setting and has no effect${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** The setting that a name is probably meant for. */
function nearest(name: string, settings: readonly string[], most: number): string | undefined {
  if (ELSEWHERE.has(name)) return undefined;
  const upper = name.toUpperCase();
  const distances = settings
    // `A_PORT` is where Docker and Kubernetes say that a service named `a` is.
    .filter((setting) => !name.endsWith(`_${setting}`))
    .map((setting) => ({ setting, distance: upper === setting ? 0 : editDistance(name, setting, most) }))
    .sort((one, other) => one.distance - other.distance);
  const [closest] = distances;
  if (closest !== undefined && closest.distance <= most) return closest.setting;
  return settings.find((setting) => isFamily(name, setting));
}

/** Whether a name begins as a setting of several words does, such as `JWT_EXPIRATION` or `TOKEN_ENDPOINT_AUTH_MODE`. */
function isFamily(name: string, setting: string): boolean {
  const [first, second] = setting.split('_');
  return second !== undefined && name.startsWith(`${first}_${second}`);
}

/** How many letters are added, left out or exchanged (Levenshtein); some number above `most` if it is more than that. */
function editDistance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column++) {
      const exchanged = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? most + 1;
}
