import { describe, it } from '@jest/globals';

/**
 * Groups tests that need another server, such as a database.
 *
 * @param missing why it cannot be reached; the tests are skipped then, or fail with REQUIRE_DATABASES=true
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
