import { describe, it } from '@jest/globals';

/**
 * Groups tests that need something next to this process, such as a database.
 *
 * @param missing why it is not there; the tests are omitted then, unless REQUIRE_DATABASES says that they must run
 */
export function describeWhereReachable(name: string, missing: string | undefined, tests: () => void): void {
  if (missing === undefined) {
    describe(name, tests);
  } else if (process.env['REQUIRE_DATABASES'] === 'true') {
    describe(name, () => {
      it('can be reached', () => {
        throw new Error(missing);
      });
    });
  } else {
    process.stderr.write(`Left out, as ${name} cannot be reached: ${missing}\n`);
    describe.skip(name, tests);
  }
}

/** @returns why the attempt failed; `undefined` if it did not */
export async function failureOf(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string };
    return [code, message].filter((part) => part !== '').join(' ') || 'unknown cause';
  }
}
