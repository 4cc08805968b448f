import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { printFields, printJson, printLine } from '../../../src/cli/print.js';

const HOSTILE = 'a\u001b[31m\u202eb\u200b\r\u009bc\u{e0041}';
const ESCAPED = 'a\\u001b[31m\\u202eb\\u200b\\u000d\\u009bc\\udb40\\udc41';

let written = '';
beforeEach(() => {
  written = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('the output of the command line', () => {
  it('escapes control and format characters in lines', () => {
    printLine(`id\t${HOSTILE}\nforged`);
    expect(written).toBe(`id\t${ESCAPED}\\u000aforged\n`);
  });

  it('escapes control and format characters in the fields of a client', () => {
    printFields({ client_id: 'a', name: HOSTILE, audiences: [HOSTILE] });
    expect(written).toBe(`client_id  a\nname       ${ESCAPED}\naudiences  ${ESCAPED}\n`);
  });

  it('escapes control and format characters in JSON without changing its value', () => {
    printJson({ [HOSTILE]: HOSTILE, list: ['é', '日本'] });
    expect(written).not.toMatch(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
    expect(written.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(JSON.parse(written)).toEqual({ [HOSTILE]: HOSTILE, list: ['é', '日本'] });
  });
});
