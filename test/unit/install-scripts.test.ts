import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${ROOT}${name}`, 'utf8')) as Record<string, unknown>;
const manifest = read('package.json');
const REPORT = createRequire(import.meta.url).resolve('@scarf/scarf');

/** What the install script of `@scarf/scarf` does with this output of `npm ls`: its reason not to report, or `reports`. */
async function outcomeOf(tree: unknown): Promise<string> {
  const program = `
    const scarf = require(${JSON.stringify(REPORT)});
    const end = (outcome) => console.log(outcome);
    scarf.processDependencyTreeOutput(() => end('reports'), (error) => end(error.message))(null, process.argv[1], '');`;
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await run(process.execPath, ['-e', program, JSON.stringify(tree)], { env });
  return stdout.trim();
}

/** `npm ls @scarf/scarf --json --long` of an application that has installed this package. */
function applicationWith(thisPackage: object): object {
  const scarf = { name: '@scarf/scarf', version: '1.4.0', path: dirname(REPORT) };
  const page = { version: '5.0.0', dependencies: { '@scarf/scarf': scarf } };
  const swagger = { version: '12.0.0', dependencies: { 'swagger-ui-dist': page } };
  return {
    name: 'application',
    version: '1.0.0',
    dependencies: {
      'identity-backend': { ...thisPackage, dependencies: { '@nestjs/swagger': swagger } },
    },
  };
}

describe('an installation', () => {
  it('runs only the install scripts that were reviewed', () => {
    const packages = Object.entries(read('package-lock.json')['packages'] as Record<string, object>);
    const names = packages.filter(([, entry]) => 'hasInstallScript' in entry).map(([path]) => path);
    // Those of protobufjs warn if a dependent pins its version wrongly, and make an empty folder.
    const reviewed = ['@apollo/protobufjs', '@parcel/watcher', '@scarf/scarf', '@swc/core', 'protobufjs'];
    expect(names).toEqual(reviewed.map((name) => `node_modules/${name}`));
  });

  it('of this repository is not reported by @scarf/scarf', () => {
    expect(manifest).toMatchObject({
      scarfSettings: { enabled: false },
      allowScripts: { '@scarf/scarf': false },
    });
  });

  it('of an application with this package is not reported by @scarf/scarf', async () => {
    expect(await outcomeOf(applicationWith({ version: '1.0.0' }))).toBe('reports');
    expect(await outcomeOf(applicationWith(manifest))).toMatch(/^Scarf has been disabled via a package.json/);
  });
});
