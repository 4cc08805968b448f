import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import { FormParameters } from '../../../src/encoding/form-urlencoded.js';
import { OAuthForm } from '../../../src/oauth2/oauth-form.js';
import { requestedAudience } from '../../../src/oauth2/requested-audience.js';
import { clientOf } from '../../support/client-values.js';

const clientWith = (audiences: readonly string[], defaultAudience: string | null = null): Client =>
  clientOf({ audiences, defaultAudience });

type Parameters = readonly (readonly [name: string, value: string])[];
const asked = (parameters: Parameters, client = clientWith(['only'])): string | readonly string[] =>
  requestedAudience(new OAuthForm(new FormParameters(parameters)), client);
const refusal = expect.objectContaining({ name: 'OAuthError', code: 'invalid_target', status: 400 });

describe('requestedAudience with the parameter audience', () => {
  it.each<[string, string | readonly string[]]>([
    ['billing', 'billing'],
    ['billing logs', ['billing', 'logs']],
    ['logs billing logs', ['logs', 'billing']],
    ['logs logs', 'logs'],
    ['https://api.example.com/', 'https://api.example.com/'],
    ['größe', 'größe'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('reads %j', (text, expected) => {
    expect(asked([['audience', text]])).toEqual(expected);
  });

  it.each([
    ['two spaces', 'a  b'],
    ['a leading space', ' a'],
    ['a trailing space', 'a '],
    ['a single space', ' '],
    ['a control character', 'a\tb'],
    ['a line feed', 'a\nb'],
    ['a name of 256 characters', 'x'.repeat(256)],
    ['21 names', Array.from({ length: 21 }, (_, i) => `name-${i}`).join(' ')],
  ])('rejects %s', (_name, text) => {
    expect(() => asked([['audience', text]])).toThrow(refusal);
  });

  it('counts a repeated name once', () => {
    const names = Array.from({ length: 20 }, (_, i) => `name-${i}`);
    expect(asked([['audience', [...names, ...names].join(' ')]])).toEqual(names);
  });
});

describe('requestedAudience with the parameter resource', () => {
  it.each<[readonly string[], string | readonly string[]]>([
    [['https://api.example.com/'], 'https://api.example.com/'],
    [['urn:example:api'], 'urn:example:api'],
    [['https://api.example.com/?a=b'], 'https://api.example.com/?a=b'],
    [
      ['https://a/', 'urn:b'],
      ['https://a/', 'urn:b'],
    ],
    [['urn:b', 'urn:b'], 'urn:b'],
  ])('reads %j', (resources, expected) => {
    expect(asked(resources.map((value) => ['resource', value] as const))).toEqual(expected);
  });

  it.each([
    ['a name that is not a URI', 'logging-service'],
    ['a path', '/api'],
    ['a URL without a scheme', '//api.example.com/'],
    ['a fragment', 'https://api.example.com/#a'],
    ['an empty fragment', 'https://api.example.com/#'],
    ['a space', 'https://api.example.com/a b'],
    ['a bare scheme', 'https:'],
    ['a scheme that begins with a digit', '1a:b'],
    ['a line feed', 'https://api.example.com/\n'],
  ])('rejects %s', (_name, resource) => {
    expect(() => asked([['resource', resource]])).toThrow(refusal);
  });

  it.each<[string, readonly string[], string | readonly string[]]>([
    ['https://api.example.com/', ['https://api.example.com'], 'https://api.example.com'],
    ['https://api.example.com/mcp', ['https://API.example.com:443/mcp'], 'https://API.example.com:443/mcp'],
    [
      'https://api.example.com',
      ['a', 'HTTPS://api.example.com/', 'https://api.example.com'],
      'HTTPS://api.example.com/',
    ],
    ['https://api.example.com/MCP', ['https://api.example.com/mcp'], 'https://api.example.com/MCP'],
    ['URN:a', ['urn:a'], 'URN:a'],
  ])('names %s as it is registered first in %j', (resource, audiences, expected) => {
    expect(asked([['resource', resource]], clientWith(audiences))).toEqual(expected);
  });

  it('counts two spellings of a resource once', () => {
    const resources = ['https://a.example', 'https://A.example/', 'https://a.example:443'];
    const parameters = resources.map((value) => ['resource', value] as const);
    expect(asked(parameters, clientWith(['https://a.example/']))).toBe('https://a.example/');
  });

  it('rejects an invalid value among valid ones, and more than 20 values', () => {
    expect(() =>
      asked([
        ['resource', 'urn:a'],
        ['resource', 'b'],
      ]),
    ).toThrow(refusal);
    const many = Array.from({ length: 21 }, (_, i) => ['resource', `urn:${i}`] as const);
    expect(() => asked(many)).toThrow(refusal);
    expect(asked(many.slice(1))).toHaveLength(20);
  });

  it('rejects resource together with audience', () => {
    expect(() =>
      asked([
        ['resource', 'urn:a'],
        ['audience', 'urn:a'],
      ]),
    ).toThrow(refusal);
  });
});

describe('requestedAudience without a requested audience', () => {
  it.each<[string, readonly string[], string | null, string]>([
    ['the only audience of the client', ['only'], null, 'only'],
    ['the default audience of the client', ['a', 'b'], 'b', 'b'],
    ['the default audience if it is also the only one', ['a'], 'a', 'a'],
  ])('returns %s', (_name, audiences, defaultAudience, expected) => {
    for (const parameters of [[], [['audience', '']], [['resource', '']]] as Parameters[])
      expect(asked(parameters, clientWith(audiences, defaultAudience))).toBe(expected);
  });

  it.each([[[]], [['a', 'b']]])(
    'throws invalid_target if the client has no default among %j',
    (audiences) => {
      expect(() => asked([], clientWith(audiences))).toThrow(refusal);
    },
  );
});

describe('any requested audience', () => {
  const name = fc.stringMatching(/^[!-~]{1,40}$/);
  const uri = fc.webUrl();

  it('is returned as a string if it is one name, otherwise as a list without repetitions', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 20 }), fc.nat(), (names, again) => {
        const repeated = [...names, names[again % names.length] as string];
        const expected = names.length === 1 ? names[0] : names;
        expect(asked([['audience', repeated.join(' ')]])).toEqual(expected);
      }),
    );
  });

  it('is the same whether audience or resource names the URIs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(uri, { minLength: 1, maxLength: 20 }), (uris) => {
        fc.pre(uris.every((each) => each.length <= 255));
        const byResource = asked(uris.map((each) => ['resource', each] as const));
        expect(asked([['audience', uris.join(' ')]])).toEqual(byResource);
      }),
    );
  });

  it('is either accepted or rejected with invalid_target', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.boolean(), (text, byResource) => {
        try {
          const read = [asked([[byResource ? 'resource' : 'audience', text]])].flat();
          expect(read.length).toBeGreaterThan(0);
          expect(read.every((each) => each !== '' && !/\p{Cc}/u.test(each))).toBe(true);
        } catch (error) {
          expect(error).toEqual(refusal);
        }
      }),
    );
  });
});
