import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { basicAuthorization } from '../../../src/http-client/basic-authorization.js';

/** Reads the header as a server does (RFC 6749 §2.3.1). */
function read(authorization: string): [string, string] {
  const text = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
  const [id = '', secret = ''] = text.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  return [id, secret];
}

describe('basicAuthorization', () => {
  it('is plain base64 if nothing needs encoding', () => {
    expect(basicAuthorization('client', 'secret')).toBe('Basic Y2xpZW50OnNlY3JldA==');
  });

  it('is decoded to the same ID and secret, whatever characters they contain', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, (id, secret) => {
        expect(read(basicAuthorization(id, secret))).toEqual([id, secret]);
      }),
    );
  });

  it.each(['a:b', 'a b', 'a+b', 'a%b', 'Grüße', '東京'])('encodes %j', (id) => {
    expect(read(basicAuthorization(id, 's'))).toEqual([id, 's']);
  });
});
