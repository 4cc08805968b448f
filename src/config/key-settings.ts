import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Algorithm, ALGORITHMS, isAlgorithm } from '../jwt/algorithms.js';
import { sameAudience } from '../jwt/audience.js';
import { readImportedKey } from '../keys/imported-key.js';
import { PUBLISHED_BEFORE_SIGNING_MS } from '../keys/key-rotation.js';
import { algorithmsInForce } from '../keys/key-ring.js';
import type { PrivateKey } from '../keys/private-key.js';
import type { Environment } from './environment.js';
import { audienceListsOf, listOf } from './setting-values.js';
import type { Settings } from './settings.js';

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The settings that determine which keys sign and verify. */
export type GivenKeys = Pick<
  Settings,
  'algorithms' | 'audienceAlgorithms' | 'importedKeys' | 'rotationPeriodMs'
>;

/**
 * Reads the settings of keys, and the files that they name.
 *
 * @param directory base of relative paths of key files
 * @returns the settings, and what is wrong with them, by the names of their variables
 */
export function keySettings(
  environment: Environment,
  directory: string,
): { readonly keys: GivenKeys; readonly faults: readonly string[] } {
  const algorithms = algorithmList(environment.JWT_ALGORITHM);
  const audienceAlgorithms = new Map(
    audienceListsOf(environment.AUDIENCE_ALGORITHMS).map(([audience, list]) => [
      audience,
      algorithmList(list),
    ]),
  );
  const inForce = [...algorithmsInForce({ algorithms, audienceAlgorithms })];
  const { importedKeys, faults } = readKeys(environment, inForce, directory);
  const { KEY_ROTATION_DAYS: days, JWT_EXPIRATION_MINUTES: minutes } = environment;
  const rotationPeriodMs = days === 0 ? null : days * DAY_MS;
  // A value that breaks its own rule is reported by validation, and may still be a string here.
  const isShort =
    rotationPeriodMs !== null && rotationPeriodMs < minutes * MINUTE_MS + PUBLISHED_BEFORE_SIGNING_MS;
  if (isShort && typeof days === 'number' && typeof minutes === 'number') {
    faults.push('KEY_ROTATION_DAYS is shorter than JWT_EXPIRATION_MINUTES and 10 minutes');
  }
  if ([...audienceAlgorithms.keys()].some((audience) => sameAudience(audience, environment.JWT_ISSUER))) {
    faults.push("AUDIENCE_ALGORITHMS names JWT_ISSUER, which accepts only the service's own keys");
  }
  return { keys: { algorithms, audienceAlgorithms, importedKeys, rotationPeriodMs }, faults };
}

/** Whether some configured algorithm needs the shared secret. */
export function needsSharedSecret(environment: Environment): boolean {
  return sharedAlgorithms(environment).length > 0;
}

/**
 * The minimum length of a shared secret for all configured algorithms, in bytes; `undefined` if none of them
 * is an HMAC.
 */
export function leastSecretBytes(environment: Environment): number | undefined {
  const lengths = sharedAlgorithms(environment).map((algorithm) => ALGORITHMS[algorithm].leastSecretBytes);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function sharedAlgorithms({ JWT_ALGORITHM, AUDIENCE_ALGORITHMS }: Environment): Algorithm[] {
  const lists = [JWT_ALGORITHM, ...audienceListsOf(AUDIENCE_ALGORITHMS).map(([, list]) => list)];
  return lists.flatMap(algorithmList).filter((algorithm) => ALGORITHMS[algorithm].shared);
}

/** The known algorithms of a list. Unknown ones are reported by validation, and omitted here. */
function algorithmList(text: string): Algorithm[] {
  return text.split('|').filter(isAlgorithm);
}

function readKeys(
  { JWT_PRIVATE_KEY_FILE }: Environment,
  inForce: readonly Algorithm[],
  directory: string,
): { importedKeys: PrivateKey[]; faults: string[] } {
  const asymmetric = inForce.filter((algorithm) => !ALGORITHMS[algorithm].shared);
  const importedKeys: PrivateKey[] = [];
  const faults: string[] = [];
  listOf(JWT_PRIVATE_KEY_FILE).forEach((path, index) => {
    const name = `JWT_PRIVATE_KEY_FILE: file ${index + 1}`;
    try {
      const read = readImportedKey(readFileSync(resolve(directory, path), 'utf8'), asymmetric);
      if (typeof read === 'string') faults.push(`${name} ${read}`);
      else if (importedKeys.some(({ id }) => id === read.id)) faults.push(`${name} is given twice`);
      else importedKeys.push(read);
    } catch {
      faults.push(`${name} cannot be read`);
    }
  });
  return { importedKeys, faults };
}
