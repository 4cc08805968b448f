import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { clientSettings } from '../../../src/token-client/client-settings.js';
import type { TokenClientOptions } from '../../../src/token-client/index.js';

const URL = 'https://issuer.example/base';
const CLIENT = { clientId: 'client', clientSecret: 'marker' };
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = { clientId: 'client', privateKey };

/** Options of any types, as a program without types could give them. */
const untyped = (options: unknown): TokenClientOptions => options as TokenClientOptions;

describe('clientSettings', () => {
  it('accepts client credentials, a subject, or both', () => {
    const credentials = { ...CLIENT, method: undefined };
    expect(clientSettings({ issuerUrl: URL, ...CLIENT })).toMatchObject({ credentials, subject: undefined });
    expect(clientSettings({ issuerUrl: URL, subject: 'a' })).toMatchObject({
      subject: 'a',
      credentials: undefined,
    });
    expect(clientSettings({ issuerUrl: URL, subject: 'a', ...CLIENT })).toMatchObject({
      credentials,
      subject: 'a',
    });
  });

  it('accepts a client ID with a private key', () => {
    expect(clientSettings({ issuerUrl: URL, ...KEY, assertionAudience: 'a' }).credentials).toMatchObject({
      clientId: 'client',
      audience: 'a',
    });
  });

  it.each([URL, `${URL}/`, `${URL}//`])('removes trailing slashes from the issuer URL %s', (issuerUrl) => {
    expect(clientSettings({ issuerUrl, subject: 'a' })).toMatchObject({
      issuerUrl: URL,
      tokenEndpoint: { address: `${URL}/oauth2/token` },
      isForeign: false,
    });
  });

  it('leaves the issuer URL unchanged with discover: it is compared exactly', () => {
    expect(clientSettings({ issuerUrl: `${URL}/`, discover: true, ...CLIENT })).toMatchObject({
      issuerUrl: `${URL}/`,
      tokenEndpoint: 'discover',
      isForeign: true,
    });
  });

  it('uses an explicit token endpoint', () => {
    const tokenEndpoint = 'https://issuer.example/token?tenant=1';
    expect(clientSettings({ issuerUrl: URL, tokenEndpoint, ...CLIENT })).toMatchObject({
      tokenEndpoint: { address: tokenEndpoint },
      isForeign: true,
    });
  });

  it('accepts plain HTTP with allowPlainHttp', () => {
    const options = { issuerUrl: 'http://issuer.internal', allowPlainHttp: true, ...CLIENT };
    expect(() => clientSettings(options)).not.toThrow();
  });

  it.each<[string, object, RegExp]>([
    ['neither client nor subject', {}, /clientId and clientSecret, or a subject/],
    ['an empty subject', { subject: '', ...CLIENT }, /subject must .* is an empty string/],
    ['a clientId without a clientSecret', { clientId: 'client' }, /clientSecret must .* is undefined/],
    [
      'an empty clientSecret',
      { clientId: 'client', clientSecret: '' },
      /clientSecret must .* an empty string/,
    ],
    [
      'a clientSecret that is a number',
      { clientId: 'client', clientSecret: 42 },
      /clientSecret must .* a number/,
    ],
    ['a clientSecret without a clientId', { clientSecret: 'marker' }, /clientId must .* is undefined/],
    ['an empty clientId', { subject: 'a', ...CLIENT, clientId: '' }, /clientId must .* is an empty string/],
    ['a private key without a clientId', { privateKey }, /clientId must .* is undefined/],
    ['a secret and a private key', { ...CLIENT, privateKey }, /clientSecret and privateKey exclude/],
    ['an empty keyId', { ...KEY, keyId: '' }, /keyId must .* is an empty string/],
    [
      'an assertionAudience that is a list',
      { ...KEY, assertionAudience: ['a'] },
      /assertionAudience .* an array/,
    ],
    ['a keyId without a private key', { ...CLIENT, keyId: 'a' }, /keyId needs privateKey/],
    ['an algorithm without a private key', { ...CLIENT, algorithm: 'ES256' }, /algorithm needs privateKey/],
    ['an assertionAudience without a private key', { ...CLIENT, assertionAudience: 'a' }, /needs privateKey/],
    [
      'an unknown clientAuthentication',
      { ...CLIENT, clientAuthentication: 'none' },
      /clientAuthentication must be/,
    ],
    [
      'clientAuthentication with a key',
      { ...KEY, clientAuthentication: 'client_secret_post' },
      /needs clientSecret/,
    ],
    ['discover that is a string', { ...CLIENT, discover: 'true' }, /discover must be .* is a string/],
    [
      'discover and tokenEndpoint',
      { ...CLIENT, discover: true, tokenEndpoint: URL },
      /tokenEndpoint and discover/,
    ],
    [
      'a subject with discover',
      { ...CLIENT, subject: 'a', discover: true },
      /discover is for a token endpoint/,
    ],
    ['a subject with tokenEndpoint', { ...CLIENT, subject: 'a', tokenEndpoint: URL }, /tokenEndpoint is for/],
    ['a subject with a private key', { ...KEY, subject: 'a' }, /privateKey is for a token endpoint/],
    [
      'a subject with clientAuthentication',
      { ...CLIENT, subject: 'a', clientAuthentication: 'client_secret_post' },
      /clientAuthentication is for a token endpoint/,
    ],
    [
      'a tokenEndpoint in plain HTTP',
      { ...CLIENT, tokenEndpoint: 'http://a.example' },
      /tokenEndpoint must be https/,
    ],
    [
      'a tokenEndpoint that is no URL',
      { ...CLIENT, tokenEndpoint: 'marker' },
      /tokenEndpoint must be an absolute/,
    ],
    ['an empty issuerUrl', { issuerUrl: '', ...CLIENT }, /issuerUrl must be an absolute/],
    [
      'credentials in the issuerUrl',
      { issuerUrl: 'https://a:marker@issuer.example', ...CLIENT },
      /credentials/,
    ],
    ['plain HTTP to another host', { issuerUrl: 'http://issuer.example', ...CLIENT }, /must be https/],
  ])('rejects %s, and does not repeat a secret', (_name, options, words) => {
    const settings = (): unknown => clientSettings(untyped({ issuerUrl: URL, ...options }));
    expect(settings).toThrow(TypeError);
    expect(settings).toThrow(words);
    expect(settings).not.toThrow(/marker/);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'marker'],
  ])('rejects options that are %s, and says so', (kind, options) => {
    expect(() => clientSettings(untyped(options))).toThrow(
      new TypeError(`TokenClient: the options must be an object, and are ${kind}`),
    );
  });
});
