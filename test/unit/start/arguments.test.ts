import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { replyToArguments } from '../../../src/start/arguments.js';

describe('the arguments of node dist/main.js', () => {
  it('may be omitted: the service starts', () => {
    expect(replyToArguments([], '1.2.3')).toBeUndefined();
  });

  it.each([
    [['--version'], '1.2.3\n'],
    [['--help'], expect.stringMatching(/^Usage: /)],
    [['-h'], expect.stringMatching(/^Usage: /)],
  ])('%j print a text and exit with code 0', (given, text) => {
    expect(replyToArguments(given, '1.2.3')).toEqual({ code: 0, text });
  });

  it.each([
    [['--port', '3001'], '--port'],
    [['--port=3001'], '--port'],
    [['-p', '3001'], '-p'],
    [['--help', '--prot'], '--prot'],
    [['--secret-key=abc'], '--secret-key'],
  ])('%j exit with code 1 and name the unknown option', (given, option) => {
    const reply = replyToArguments(given, '1.2.3');
    expect(reply).toMatchObject({ code: 1 });
    expect(reply?.text).toMatch(new RegExp(`^Unknown option ${option}: `));
  });

  it('exit with code 1 if they are not options, and are not printed', () => {
    const words = fc.stringMatching(/^[a-z0-9]{8,40}[0-9]$/);
    fc.assert(
      fc.property(fc.array(words, { minLength: 1 }), (given) => {
        const reply = replyToArguments(given, '1.2.3');
        expect(reply?.code).toBe(1);
        for (const word of given) expect(reply?.text).not.toContain(word);
      }),
    );
  });
});
