import { describe, expect, it } from '@jest/globals';
import { type LineFault, parseSettingsFile } from '../../../src/config/settings-file.js';

const valuesOf = (text: string): Record<string, string> => {
  const { assignments, faults } = parseSettingsFile(text);
  expect(faults).toEqual([]);
  return Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
};

const faultsOf = (text: string): readonly LineFault[] => parseSettingsFile(text).faults;

describe('parseSettingsFile', () => {
  it.each<[string, Record<string, string>]>([
    ['', {}],
    ['\n\n \t \n# a comment\n  # another, with = and \' and "\n', {}],
    ['PORT=3000', { PORT: '3000' }],
    ['PORT=3000\r\nHOST=::1\r\n', { PORT: '3000', HOST: '::1' }],
    ['PORT=3000\rHOST=::1\r', { PORT: '3000', HOST: '::1' }],
    ['  PORT = 3000  \n\tHOST\t=\t::1\t', { PORT: '3000', HOST: '::1' }],
    ['export PORT=3000', { PORT: '3000' }],
    ['PORT=', { PORT: '' }],
    ["PORT=''", { PORT: '' }],
    ['PORT=""', { PORT: '' }],
    ['PORT=   # none', { PORT: '' }],
    ['PORT=3000 # the usual one', { PORT: '3000' }],
    ["PORT='3000' # the usual one", { PORT: '3000' }],
    ['A=ES256|HS256', { A: 'ES256|HS256' }],
    ['A=a=b==', { A: 'a=b==' }],
    ['A=https://a.example, https://b.example', { A: 'https://a.example, https://b.example' }],
    ['A=p$a;ss&w{o}rd', { A: 'p$a;ss&w{o}rd' }],
    ["A=it's", { A: "it's" }],
    ['A=\' # | ; & $x `y` \\n "z" \'', { A: ' # | ; & $x `y` \\n "z" ' }],
    ['A="it\'s # | ; &"', { A: "it's # | ; &" }],
    ["A='it'\"'\"'s'", { A: "it's" }],
    ["A='a'\"'\"''", { A: "a'" }],
    ['A="a\\,b\\-c"', { A: 'a\\,b\\-c' }],
    ["A='a\\,b\\'", { A: 'a\\,b\\' }],
    ["A='two\nlines'\nB=1", { A: 'two\nlines', B: '1' }],
    ['A="two\r\nlines"\r\nB=1', { A: 'two\nlines', B: '1' }],
    ["A='a\n# no comment\nB=2'", { A: 'a\n# no comment\nB=2' }],
    ['_a1=x', { _a1: 'x' }],
    ['A=東京😀', { A: '東京😀' }],
  ])('reads %j', (text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it.each([
    'NODE_ENV',
    'NODE_ENV production',
    'NODE_ENV: production',
    '=production',
    'export',
    'export NODE_ENV',
    'MY-NAME=1',
    '1A=1',
    'a.b=1',
    '<<<<<<< HEAD',
    '[Service]',
    '; a comment of another format',
    '// a comment of another format',
    '\u00A0',
    'NODE\u200B_ENV=production',
    'N\0O\0D\0E\0=\0',
    '"NODE_ENV"=production',
    'set NODE_ENV=production',
    '$NODE_ENV=production',
  ])('rejects the line %j', (line) => {
    const words = 'is neither an assignment (NAME=value), a comment nor empty';
    expect(faultsOf(line)).toEqual([{ line: 1, words }]);
    expect(faultsOf(`# first\nPORT=1\n\n${line}\nHOST=a\n`)).toEqual([{ line: 4, words }]);
  });

  it.each([
    ["A='x", /quote that is not closed/],
    ['A="x', /quote that is not closed/],
    ['A="x\\"', /quote that is not closed/],
    ["A='x'y", /after the closing quote/],
    ["A='x' y", /after the closing quote/],
    ["A='x'#y", /after the closing quote/],
    ["A='x' 'y'", /after the closing quote/],
    ["A='it'\\''s'", /after the closing quote/],
    ["A='it\\'s'", /after the closing quote/],
    ["A='x'\"y", /quote that is not closed/],
    ['A=a#b', /# or \\ without quotes/],
    ['A=#a', /# or \\ without quotes/],
    ['A=a\\b', /# or \\ without quotes/],
    ['A=a\\', /# or \\ without quotes/],
    ['A="a\\"b"', /\\ in double quotes/],
    ['A="a\\\\b"', /\\ in double quotes/],
    ['A="a\\$b"', /\\ in double quotes/],
    ['A="a\\nb"', /\\ in double quotes/],
    ['A="a\\rb"', /\\ in double quotes/],
    ['A="a\\`b"', /\\ in double quotes/],
    ['A="a\\\nb"', /\\ in double quotes/],
    ['A=`a`', /begins with `/],
    ["A='a\0b'", /control character/],
    ['A=a\u001Bb', /control character/],
    ["A='a\u007F'", /control character/],
  ])('rejects %j, which programs read differently or not at all', (line, words) => {
    expect(faultsOf(line)).toEqual([{ line: 1, words: expect.stringMatching(words) }]);
  });

  it('counts the lines that a quoted value spans', () => {
    expect(faultsOf("A='1\n2\n3'\nwrong\n")).toMatchObject([{ line: 4 }]);
    expect(faultsOf("A=1\nB='2\n3")).toMatchObject([{ line: 2 }]);
  });

  it('rejects a repeated name, on any line and with any value', () => {
    const words = 'sets the same name as line 1';
    expect(faultsOf('A=1\nB=2\nA=1')).toEqual([{ line: 3, words }]);
    expect(faultsOf('A=1\nA=\nexport A=2')).toEqual([
      { line: 2, words },
      { line: 3, words },
    ]);
  });

  it('reports every line that it rejects and reads the others', () => {
    const { assignments, faults } = parseSettingsFile("wrong\nA=1\nB='x'y\nC=2\nwrong too\n");
    expect(faults.map(({ line }) => line)).toEqual([1, 3, 5]);
    expect(assignments).toEqual([
      { name: 'A', value: '1', line: 2 },
      { name: 'C', value: '2', line: 4 },
    ]);
  });

  it('exposes no part of a line that it rejects', () => {
    for (const line of ['marker', "A='marker", 'A=mar#ker', "A='x'marker", 'A="marker\\n"', 'A=`marker`']) {
      expect(JSON.stringify(faultsOf(line))).not.toMatch(/mar.?ker/);
    }
  });

  it('reads a large value', () => {
    expect(valuesOf(`A="${'x'.repeat(500_000)}"\nB='${'\n'.repeat(100_000)}'`)['A']).toHaveLength(500_000);
  });
});
