import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBasic } from '../../../src/clients/basic-credentials.js';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const basic = (text: string | Uint8Array): string => `Basic ${base64(text)}`;

/** The encoding of RFC 6749 appendix B, independent of the tested implementation. */
const formEncode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('parseBasic', () => {
  it.each([
    ['plain', basic('id:secret'), 'id', 'secret'],
    ['with colons in the secret', basic('id:a:b:'), 'id', 'a:b:'],
    ['with spaces around them', basic(' id : secret '), ' id ', ' secret '],
    ['form-encoded', basic('my%20id:a%3Ab%2Bc%25'), 'my id', 'a:b+c%'],
    ['with a plus sign for a space', basic('my+id:a+b'), 'my id', 'a b'],
    ['with an encoded colon in the ID', basic('https%3A%2F%2Fid:secret'), 'https://id', 'secret'],
    ['in UTF-8', basic('é:🪪'), 'é', '🪪'],
    ['in encoded UTF-8', basic('%C3%A9:%F0%9F%AA%AA'), 'é', '🪪'],
    ['with lowercase percent-encoding', basic('%c3%a9:s'), 'é', 's'],
    ['with the scheme in another case', `bASIC ${base64('id:secret')}`, 'id', 'secret'],
    ['with several spaces after the scheme', `Basic   ${base64('id:secret')}`, 'id', 'secret'],
    ['with one byte of padding', basic('id:se'), 'id', 'se'],
    ['with two bytes of padding', basic('id:s'), 'id', 's'],
    ['without padding', basic('id:s').replace('==', ''), 'id', 's'],
  ])('reads credentials %s', (_name, header, clientId, clientSecret) => {
    expect(parseBasic(header)).toEqual({ clientId, clientSecret });
  });

  it.each([
    ['an empty header', ''],
    ['only the scheme', 'Basic'],
    ['only the scheme and a space', 'Basic '],
    ['another scheme', `Bearer ${base64('id:secret')}`],
    ['a scheme that begins with Basic', `Basics ${base64('id:secret')}`],
    ['no scheme', base64('id:secret')],
    ['a tab after the scheme', `Basic\t${base64('id:secret')}`],
    ['a leading space', ` ${basic('id:secret')}`],
    ['a trailing space', `${basic('id:secret')} `],
    ['a trailing newline', `${basic('id:secret')}\n`],
    ['credentials that are not encoded', 'Basic id:secret'],
    ['base64url', `Basic ${Buffer.from('id:\xff?\xff?').toString('base64url')}`],
    ['too much padding', `${basic('id:secre')}=`],
    ['too little padding', basic('id:s').replace('==', '=')],
    ['padding in the middle', `${basic('id:s')}${base64('more')}`],
    ['a length that base64 never has', `${basic('id:sec').replaceAll('=', '')}A`],
    ['several parameters', `${basic('id:secret')}, realm="x"`],
    ['no colon', basic('id')],
    ['only a colon', basic(':')],
    ['no ID', basic(':secret')],
    ['no secret', basic('id:')],
    ['only an encoded colon', basic('id%3Asecret')],
    ['bytes that are not UTF-8', basic(Buffer.from('id:\xff', 'latin1'))],
    ['encoded bytes that are not UTF-8', basic('id:%FF')],
    ['an ID with a stray percent sign', basic('100%:secret')],
    ['a secret with a malformed percent-encoding', basic('id:%zz')],
  ])('returns undefined if there is %s', (_name, header) => {
    expect(parseBasic(header)).toBeUndefined();
  });

  it('reads any ID and secret that a client encodes as in RFC 6749', () => {
    const part = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(part, part, (clientId, clientSecret) => {
        const header = basic(`${formEncode(clientId)}:${formEncode(clientSecret)}`);
        expect(parseBasic(header)).toEqual({ clientId, clientSecret });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, bytes) => {
        for (const header of [text, `Basic ${text}`, basic(bytes)]) {
          const read = parseBasic(header);
          if (read) expect([read.clientId, read.clientSecret]).not.toContain('');
        }
      }),
    );
  });
});
