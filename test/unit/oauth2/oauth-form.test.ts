import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FormParameters, parseForm } from '../../../src/encoding/form-urlencoded.js';
import { OAuthError } from '../../../src/oauth2/oauth-error.js';
import { OAuthForm } from '../../../src/oauth2/oauth-form.js';

const form = (text: string): OAuthForm => new OAuthForm(parseForm(Buffer.from(text)));

describe('OAuthForm', () => {
  it('returns each parameter by its name', () => {
    const read = form('scope=a+b&token=x%3Dy&empty');
    expect([read.get('scope'), read.get('token'), read.get('other')]).toEqual(['a b', 'x=y', undefined]);
  });

  it.each(['a=', 'a', 'a=&b=1', ''])('treats a parameter without a value as omitted: %j', (text) => {
    expect(form(text).get('a')).toBeUndefined();
  });

  it.each(['a=1&a=2', 'a=1&a=1', 'a=&a=1', 'a=1&a=', 'a&a', 'x=1&a=1&y=1&a=1', '%61=1&a=1'])(
    'rejects a repeated parameter with invalid_request: %j',
    (text) => {
      expect(() => form(text)).toThrow(
        expect.objectContaining({ name: 'OAuthError', code: 'invalid_request', status: 400 }),
      );
    },
  );

  it('compares names case-sensitively', () => {
    const read = form('a=1&A=2');
    expect([read.get('a'), read.get('A')]).toEqual(['1', '2']);
  });

  it('returns every value of a repeated resource in order, without empty ones', () => {
    const read = form('resource=https://a&resource=&resource=https://b&resource=https://a');
    expect(read.resources).toEqual(['https://a', 'https://b', 'https://a']);
    expect(read.get('resource')).toBeUndefined();
  });

  it('has no parameters if the body is not a form', () => {
    for (const body of [undefined, null, {}, { parameters: [['a', '1']] }, 'a=1', ['a']]) {
      const read = new OAuthForm(body);
      expect([read.get('a'), read.resources]).toEqual([undefined, []]);
    }
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'returns a parameter with the name of an object property only if it was sent: %s',
    (name) => {
      expect(form('a=1').get(name)).toBeUndefined();
      expect(form(`${name}=1`).get(name)).toBe('1');
    },
  );

  it('returns any parameters as sent, and rejects only a repeated name other than resource', () => {
    const parameter = fc.tuple(fc.constantFrom('a', 'b', 'c', 'resource', '__proto__'), fc.string());
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 6 }), (parameters) => {
        const single = parameters.map(([name]) => name).filter((name) => name !== 'resource');
        const isRepeated = new Set(single).size < single.length;
        const body = new FormParameters(parameters);
        if (isRepeated) {
          expect(() => new OAuthForm(body)).toThrow(OAuthError);
          return;
        }
        const read = new OAuthForm(body);
        for (const [name, value] of parameters)
          if (name !== 'resource') expect(read.get(name)).toBe(value === '' ? undefined : value);
        expect(read.resources).toEqual(
          parameters.filter(([name, value]) => name === 'resource' && value !== '').map(([, value]) => value),
        );
      }),
    );
  });
});
