import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { parseSettingsFile } from '../../../src/config/settings-file.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

/** Reads the assignments in a text as one program does. */
type Reader = (text: string) => Record<string, string>;

/** The variables of these tests, by their prefix `V_`, from entries of the form `NAME=value`. */
const ours = (entries: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    entries
      .filter((entry) => entry.startsWith('V_'))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );

function fileWith(text: string): string {
  const path = join(temporaryDirectory(), 'settings');
  writeFileSync(path, text);
  return path;
}

const shell =
  (program: string, ...flags: readonly string[]): Reader =>
  (text) =>
    ours(
      execFileSync(program, [...flags, '-c', 'set -a; . "$1"; env -0', 'reader', fileWith(text)], {
        env: { PATH: process.env['PATH'] },
        encoding: 'utf8',
      }).split('\0'),
    );

/** Calls the function with which systemd reads `EnvironmentFile=`, in the library that its programs share. */
const SYSTEMD = `
import ctypes, json, sys
result = ctypes.POINTER(ctypes.c_char_p)()
failed = ctypes.CDLL(sys.argv[1]).load_env_file(None, sys.argv[2].encode(), ctypes.byref(result))
assert failed == 0, failed
entries = []
while result and result[len(entries)]:
    entries.append(result[len(entries)].decode())
print(json.dumps(entries))
`;

function systemdLibrary(): string | undefined {
  for (const folder of [
    '/usr/lib/x86_64-linux-gnu/systemd',
    '/usr/lib/aarch64-linux-gnu/systemd',
    '/usr/lib/systemd',
    '/lib/systemd',
  ]) {
    try {
      const name = readdirSync(folder).find((file) => /^libsystemd-shared-\d+.*\.so$/.test(file));
      if (name !== undefined) return join(folder, name);
    } catch {
      // Distributions keep it in different folders.
    }
  }
  return undefined;
}

const library = systemdLibrary();
if (library === undefined) {
  process.stderr.write('Not compared with systemd: libsystemd-shared is missing (apt-get install systemd)\n');
}

const systemd: Reader = (text) =>
  ours(
    JSON.parse(
      execFileSync('python3', ['-c', SYSTEMD, library ?? '', fileWith(text)], { encoding: 'utf8' }),
    ) as string[],
  );

const service: Reader = (text) => {
  const { assignments, faults } = parseSettingsFile(text);
  expect(faults).toEqual([]);
  return Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
};

/** The documented form: single quotes, and each single quote in the value as `'"'"'`. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'"'"'`)}'`;

/** The form for values with a single quote that dotenv can read as well. */
const doubleQuoted = (value: string): string => `"${value}"`;

const textOf = (values: readonly string[], quote: (value: string) => string): string =>
  values.map((value, index) => `V_${index}=${quote(value)}\n`).join('');

const expected = (values: readonly string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`V_${index}`, value]));

const VALUES = [
  'ES256|HS256',
  'a;b',
  'a&b',
  'a&&b||c',
  'pa$$word',
  '$HOME',
  '${HOME}',
  '$(id)',
  '`id`',
  'a#b',
  'a # b',
  '#',
  ' spaces at both ends ',
  '\ttab\t',
  'a\\b',
  '\\',
  '\\\\',
  'a\\,b',
  'a\\nb',
  'ends with \\',
  '"',
  '"quoted"',
  'a"b',
  '!',
  '~',
  '*',
  '?',
  '{a,b}',
  '<a>',
  '%n%%h',
  'a=b',
  '=',
  '東京😀é',
  '',
];

const WITH_QUOTES = ["'", "it's", "''", "'quoted'", "a'b|c;d#e f&g", "' '", "''''"];
const WITH_ALL = ['|;$#\' "\\&`', `'"'"'`, "'$HOME'", "\\'", "'\\", `"'`, "a|b;c$d#e'f g"];

const present: readonly [name: string, read: Reader][] = [
  ['the service', service],
  ['sh', shell('sh')],
  ['bash', shell('bash', '--norc')],
  ...(library === undefined ? [] : [['systemd', systemd] as [string, Reader]]),
];

const NODE: readonly [name: string, read: Reader][] = [
  ['dotenv', parse],
  ['node --env-file', (text) => ({ ...parseEnv(text) }) as Record<string, string>],
];

describe('the documented form of a settings file', () => {
  it.each([...present, ...NODE])('is read unchanged by %s: values without a single quote', (_name, read) => {
    expect(read(textOf(VALUES, quoted))).toEqual(expected(VALUES));
  });

  it.each([...present, ...NODE])(
    'is read unchanged by %s: a single quote within double quotes',
    (_name, read) => {
      expect(read(textOf(WITH_QUOTES, doubleQuoted))).toEqual(expected(WITH_QUOTES));
    },
  );

  it.each(present)('is read unchanged by %s: all characters at once', (_name, read) => {
    const values = [...VALUES, ...WITH_QUOTES, ...WITH_ALL];
    expect(read(textOf(values, quoted))).toEqual(expected(values));
  });

  it('is read unchanged by the service, shells and systemd, for arbitrary values', () => {
    const special = fc.constantFrom(...`'"\\$\`#|;&<>()*?[]{}!~=% ,\taZ0é`);
    const any = fc.string({ unit: 'grapheme-composite' }).filter((text) => !/[\p{Cc}\p{Cn}]/u.test(text));
    const value = fc.oneof(
      fc.array(special).map((letters) => letters.join('')),
      any,
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 200 }), (values) => {
        const text = textOf(values, quoted);
        for (const [, read] of present) expect(read(text)).toEqual(expected(values));
      }),
      { numRuns: 5 },
    );
  });
});

describe('any text that the service accepts', () => {
  it('is read the same way by dotenv, except for adjacent quoted parts', () => {
    const piece = fc.constantFrom(...'\'"\\$`#|; \t=aB\n', 'V_0=', 'V_1=', "V_2='", '# ', '\r\n', 'export ');
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const { assignments, faults } = parseSettingsFile(text);
        // Adjacent quoted parts are one value to a shell and to systemd, but not to dotenv.
        if (faults.length > 0 || /['"]['"]['"]/.test(text) || /["'][^\n]*["'][^\n]*["']/.test(text)) return;
        // They may contain line ends.
        if (/(?:'[^']*'|"[^"]*"){2}/.test(text)) return;
        accepted++;
        expect(Object.fromEntries(assignments.map(({ name, value }) => [name, value]))).toEqual(parse(text));
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });
});
