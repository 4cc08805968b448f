import { describe, expect, it } from '@jest/globals';
import { verifierSettings } from '../../../src/guard/verifier-settings.js';

const SECRET = 'marker-secret-of-exactly-32-bytes';
const JWKS = 'https://issuer.example/jwks.json';
const CLIENT = { endpoint: 'https://issuer.example/introspect', clientId: 'a', clientSecret: 'marker' };
const BASE = { issuer: 'identity-backend', audience: 'logging-service' };

/** Takes any object, as a caller without types may pass it. */
const settings = (options: object): ReturnType<typeof verifierSettings> =>
  verifierSettings({ ...BASE, ...options });

describe('verifierSettings', () => {
  it('accepts only HS256 with secrets by default', () => {
    expect(settings({ secrets: [SECRET] })).toMatchObject({
      sharedAlgorithms: ['HS256'],
      publicAlgorithms: [],
      audiences: ['logging-service'],
      toleranceSeconds: 0,
      realm: 'logging-service',
      publicKeys: undefined,
      introspection: undefined,
    });
  });

  it.each([
    ['jwksUri', { jwksUri: JWKS }, { jwksUri: JWKS }],
    ['discover', { discover: true, issuer: 'https://issuer.example' }, 'discover'],
  ])(
    'accepts every asymmetric algorithm with public keys from %s by default',
    (_name, options, publicKeys) => {
      expect(settings(options)).toMatchObject({
        sharedAlgorithms: [],
        publicAlgorithms: ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'],
        publicKeys,
      });
    },
  );

  it('splits algorithms between secrets and public keys if both are given', () => {
    const options = { secrets: [SECRET], jwksUri: JWKS, algorithms: ['ES256', 'HS256'] };
    expect(settings(options)).toMatchObject({ sharedAlgorithms: ['HS256'], publicAlgorithms: ['ES256'] });
  });

  it('caches introspection for ten seconds by default', () => {
    const cacheSeconds = (given: object): number | undefined =>
      settings({ secrets: [SECRET], introspection: { ...CLIENT, ...given } }).introspection?.cacheSeconds;
    expect([
      cacheSeconds({}),
      cacheSeconds({ cacheSeconds: 0 }),
      cacheSeconds({ cacheSeconds: 300 }),
    ]).toEqual([10, 0, 300]);
  });

  it('keeps keys for a day by default, and accepts 1 second to 30 days', () => {
    const kept = (given: object): number => settings({ jwksUri: JWKS, ...given }).keepKeysSeconds;
    expect(kept({})).toBe(86_400);
    for (const keepKeysSeconds of [1, 60, 2_592_000]) expect(kept({ keepKeysSeconds })).toBe(keepKeysSeconds);
    for (const keepKeysSeconds of [0, -1, 0.5, 2_592_001, NaN, Infinity, '60', null, true, [60]])
      expect(() => kept({ keepKeysSeconds })).toThrow(/keepKeysSeconds must be a whole number from 1 to/);
  });

  it.each([
    ['an empty issuer', { secrets: [SECRET], issuer: '' }, /issuer/],
    ['a missing issuer', { secrets: [SECRET], issuer: undefined }, /issuer/],
    ['an empty list of audiences', { secrets: [SECRET], audience: [] }, /audience/],
    ['a missing audience', { secrets: [SECRET], audience: undefined }, /audience/],
    ['an empty audience', { secrets: [SECRET], audience: ['a', ''] }, /audience/],
    ['neither secrets nor public keys', {}, /secrets, jwksUri or discover/],
    ['an empty list of secrets', { secrets: [] }, /secrets, jwksUri or discover/],
    ['a secret outside an array', { secrets: SECRET }, /secrets must be an array/],
    ['an empty secret', { secrets: [SECRET, ''] }, /secrets\[1\] must have at least 32 bytes/],
    ['a short secret', { secrets: ['marker'.repeat(5)] }, /secrets\[0\] must have at least 32 bytes/],
    ['an undefined secret', { secrets: [undefined] }, /secrets\[0\]/],
    ['a secret too short for HS384', { secrets: [SECRET], algorithms: ['HS384'] }, /at least 48 bytes/],
    ['a secret too short for HS512', { secrets: [SECRET], algorithms: ['HS256', 'HS512'] }, /64 bytes/],
    ['a secret of spaces', { secrets: [SECRET, ' '.repeat(64)] }, /secrets\[1\] is nothing but white space/],
    ['a placeholder', { secrets: ['changeme'.repeat(4)] }, /secrets\[0\] is a known placeholder/],
    ['one character repeated', { secrets: ['a'.repeat(32)] }, /secrets\[0\] is a known placeholder/],
    ['a short text repeated', { secrets: ['abc'.repeat(20)] }, /secrets\[0\] is a short text repeated/],
    ['a public key as a secret', { secrets: [`-----BEGIN PUBLIC KEY-----\n${SECRET}`] }, /PEM or JWK/],
    ['a JWK as a secret', { secrets: [`{"kty":"EC","x":"${SECRET}"}`] }, /PEM or JWK/],
    [
      'secrets and public keys without algorithms',
      { secrets: [SECRET], jwksUri: JWKS },
      /algorithms is required/,
    ],
    [
      'an unknown algorithm',
      { secrets: [SECRET], algorithms: ['HS256', 'none'] },
      /algorithms must be of HS256,/,
    ],
    ['an algorithm outside an array', { secrets: [SECRET], algorithms: 'HS256' }, /algorithms must be of/],
    ['an empty list of algorithms', { secrets: [SECRET], algorithms: [] }, /algorithms/],
    ['ES256 without public keys', { secrets: [SECRET], algorithms: ['HS256', 'ES256'] }, /algorithms/],
    ['HS256 without secrets', { jwksUri: JWKS, algorithms: ['HS256', 'ES256'] }, /algorithms/],
    [
      'secrets that no algorithm uses',
      { secrets: [SECRET], jwksUri: JWKS, algorithms: ['ES256'] },
      /algorithms/,
    ],
    ['jwksUri and discover', { jwksUri: JWKS, discover: true, issuer: 'https://i.example' }, /either/],
    [
      'discover with an issuer that is not a URL',
      { discover: true },
      /with discover, issuer must be an absolute/,
    ],
    ['a jwksUri in plain HTTP', { jwksUri: 'http://issuer.example/jwks.json' }, /jwksUri must be https/],
    ['an issuer in plain HTTP', { discover: true, issuer: 'http://issuer.example' }, /issuer must be https/],
    ['a negative tolerance', { secrets: [SECRET], clockToleranceSeconds: -1 }, /clockToleranceSeconds/],
    [
      'a tolerance over a minute',
      { secrets: [SECRET], clockToleranceSeconds: 60.1 },
      /clockToleranceSeconds/,
    ],
    ['a tolerance that is not a number', { secrets: [SECRET], clockToleranceSeconds: NaN }, /clockTolerance/],
    [
      'introspection in plain HTTP',
      { secrets: [SECRET], introspection: { ...CLIENT, endpoint: 'http://issuer.example' } },
      /introspection\.endpoint must be https/,
    ],
    [
      'introspection without a client',
      { secrets: [SECRET], introspection: { ...CLIENT, clientSecret: '' } },
      /clientId and clientSecret/,
    ],
    [
      'introspection that is cached for over 300 seconds',
      { secrets: [SECRET], introspection: { ...CLIENT, cacheSeconds: 301 } },
      /cacheSeconds/,
    ],
  ])('rejects %s without exposing a secret', (_name, options, words) => {
    expect(() => settings(options)).toThrow(TypeError);
    expect(() => settings(options)).toThrow(words);
    expect(() => settings(options)).toThrow(/^IdentityAuthModule: /);
    expect(() => settings(options)).not.toThrow(/marker/);
  });

  it('accepts plain HTTP to this host, and to other hosts with allowPlainHttp', () => {
    expect(() => settings({ jwksUri: 'http://127.0.0.1:3000/jwks.json' })).not.toThrow();
    expect(() =>
      settings({ jwksUri: 'http://issuer.internal/jwks.json', allowPlainHttp: true }),
    ).not.toThrow();
  });
});
