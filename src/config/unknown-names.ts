import type { Assignment } from './settings-file.js';

/** Names of other programs that happen to be close to a setting. */
const ELSEWHERE: ReadonlySet<string> = new Set(['HOME', 'PATH', 'PAGER', 'PGHOST', 'PGPORT']);

/** A name that differs from a setting by this many letters or fewer counts as misspelled. */
const MISSPELT = 2;

/** Only what looks like a name is shown: a line may be a secret with `=` at its end. */
const SHOWABLE = /^[A-Za-z]{1,20}\d{0,4}(_[A-Za-z]{1,20}\d{0,4})*$/;

/**
 * Finds names that are probably meant for the service and have no effect.
 *
 * @param inFile all names in the settings file: each is meant for the service
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
  return `${shown} is not a setting and has no effect${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/**
 * The setting that a name is probably meant for.
 *
 * @param most the number of letters in which they may differ
 */
function nearest(name: string, settings: readonly string[], most: number): string | undefined {
  if (ELSEWHERE.has(name)) return undefined;
  const upper = name.toUpperCase();
  const distances = settings
    // For a service named `a`, Docker and Kubernetes set `A_PORT`.
    .filter((setting) => !name.endsWith(`_${setting}`))
    .map((setting) => ({ setting, distance: upper === setting ? 0 : editDistance(name, setting, most) }))
    .sort((one, other) => one.distance - other.distance);
  const [closest] = distances;
  if (closest !== undefined && closest.distance <= most) return closest.setting;
  return settings.find((setting) => isFamily(name, setting));
}

/**
 * Whether a name begins like a setting of several words, such as `JWT_EXPIRATION` or
 * `TOKEN_ENDPOINT_AUTH_MODE`.
 */
function isFamily(name: string, setting: string): boolean {
  const [first, second] = setting.split('_');
  return second !== undefined && name.startsWith(`${first}_${second}`);
}

/**
 * How many letters are added, omitted or replaced (Levenshtein distance). A distance over `most` may be
 * reported as any number over `most`.
 */
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
