import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';

/**
 * Groups tests that need programs which are not npm packages. They are skipped with a message if one is not
 * installed.
 *
 * @param programs paths by the names of the Debian packages
 */
export function describeIfInstalled(
  name: string,
  programs: Readonly<Record<string, string>>,
  tests: () => void,
): void {
  const missing = Object.entries(programs)
    .filter(([, path]) => !existsSync(path))
    .map(([debianPackage]) => debianPackage);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`Left out, ${name}: apt-get install ${missing.join(' ')}\n`);
  describe.skip(name, tests);
}
